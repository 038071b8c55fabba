GEOM
PROPERTY GS_INPUT_PRIMITIVE POINTS
PROPERTY GS_OUTPUT_PRIMITIVE TRIANGLE_STRIP
PROPERTY GS_MAX_OUTPUT_VERTICES 8
PROPERTY GS_INVOCATIONS 1
DCL IN[][0], POSITION
DCL IN[][1], PRIM_ID
DCL OUT[0], POSITION
DCL OUT[1].xyz, GENERIC[0]
DCL SAMP[0]
DCL SVIEW[0], BUFFER, FLOAT
DCL TEMP[0..17]
IMM[0] UINT32 {0, 1, 4, 3204448256}
IMM[1] UINT32 {1065353216, 3, 2, 0}
DCL TEMP[18..21]
  0: MOV TEMP[3].xyz, IN[1].xxxx
  1: MOV TEMP[3].w, IMM[0].xxxx
  2: TXF TEMP[5], TEMP[3], SAMP[0], BUFFER
  3: MOV TEMP[4].x, IMM[0].xxxx
  4: BGNLOOP :0
  5:   AND TEMP[6].x, IN[1].xxxx, IMM[0].yyyy
  6:   UADD TEMP[7].x, IMM[0].zzzz, TEMP[6].xxxx
  7:   ISGE TEMP[8].x, TEMP[4].xxxx, TEMP[7].xxxx
  8:   UIF TEMP[8].xxxx :10
  9:     BRK
 10:   ENDIF
 11:   AND TEMP[9].x, TEMP[4].xxxx, IMM[0].yyyy
 12:   I2F TEMP[10].x, TEMP[9].xxxx
 13:   ISHR TEMP[11].x, TEMP[4].xxxx, IMM[0].yyyy
 14:   I2F TEMP[12].x, TEMP[11].xxxx
 15:   MOV TEMP[2].x, TEMP[10].xxxx
 16:   MOV TEMP[2].y, TEMP[12].xxxx
 17:   ADD TEMP[13].xy, TEMP[2].xyxx, IMM[0].wwww
 18:   MUL TEMP[14].xy, TEMP[13].xyyy, TEMP[5].xxxx
 19:   ADD TEMP[1].xy, IN[0][0].xyxx, TEMP[14].xyxx
 20:   MOV TEMP[1].z, IMM[0].xxxx
 21:   MOV TEMP[1].w, IMM[1].xxxx
 22:   MOV OUT[0], TEMP[1]
 23:   MOV TEMP[0].x, IN[1].xxxx
 24:   MOV TEMP[0].y, TEMP[10].xxxx
 25:   MOV TEMP[0].z, TEMP[12].xxxx
 26:   MOV OUT[1].xyz, TEMP[0].xyzx
 27:   EMIT IMM[0].xxxx
 28:   USEQ TEMP[15].x, IN[1].xxxx, IMM[1].yyyy
 29:   USEQ TEMP[16].x, TEMP[4].xxxx, IMM[1].zzzz
 30:   AND TEMP[17].x, TEMP[16].xxxx, TEMP[15].xxxx
 31:   UIF TEMP[17].xxxx :33
 32:     ENDPRIM IMM[0].xxxx
 33:   ENDIF
 34:   UADD TEMP[4].x, TEMP[4].xxxx, IMM[0].yyyy
 35: ENDLOOP :0
 36: ENDPRIM IMM[0].xxxx
 37: END
