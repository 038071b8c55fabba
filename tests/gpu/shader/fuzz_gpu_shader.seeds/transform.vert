VERT
DCL IN[0]
DCL IN[1]
DCL OUT[0], POSITION
DCL OUT[1].xyz, GENERIC[9]
DCL CONST[0][0..7]
DCL TEMP[0..1], LOCAL
  0: MUL TEMP[0], CONST[0][0], IN[0].xxxx
  1: MAD TEMP[0], CONST[0][1], IN[0].yyyy, TEMP[0]
  2: MAD TEMP[0], CONST[0][2], IN[0].zzzz, TEMP[0]
  3: ADD OUT[0], TEMP[0], CONST[0][3]
  4: MUL TEMP[1].xyz, CONST[0][4].xyzz, IN[1].xxxx
  5: MAD OUT[1].xyz, CONST[0][5].xyzz, IN[1].yyyy, TEMP[1].xyzz
  6: END
