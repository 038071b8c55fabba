FRAG
DCL IN[0].xy, GENERIC[0], PERSPECTIVE
DCL OUT[0], COLOR
DCL SAMP[0]
DCL SVIEW[0], 2D, FLOAT
DCL CONST[0][0..2]
DCL TEMP[0..4], LOCAL
DCL ADDR[0]
IMM[0] FLT32 {0.0, 1.0, 3.0, 0.25}
  0: MOV TEMP[0], IMM[0].xxxx
  1: MOV TEMP[1].x, IMM[0].xxxx
  2: BGNLOOP :11
  3:   SGE TEMP[2].x, TEMP[1].xxxx, IMM[0].zzzz
  4:   IF TEMP[2].xxxx :6
  5:     BRK
  6:   ENDIF
  7:   ARL ADDR[0].x, TEMP[1].xxxx
  8:   ADD TEMP[3].xy, IN[0].xyyy, CONST[0][ADDR[0].x].xyyy
  9:   TEX TEMP[4], TEMP[3].xyyy, SAMP[0], 2D
 10:   MAD TEMP[0], TEMP[4], IMM[0].wwww, TEMP[0]
 11:   ADD TEMP[1].x, TEMP[1].xxxx, IMM[0].yyyy
 12: ENDLOOP :2
 13: SLT TEMP[1].x, TEMP[0].wwww, IMM[0].wwww
 14: KILL_IF -TEMP[1].xxxx
 15: MOV OUT[0], TEMP[0]
 16: END
