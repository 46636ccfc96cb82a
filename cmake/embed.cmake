# denseam_embed(OUT SYMBOL HEADER ROOT FILES...): a C file holding each file's bytes and one table
# `const dam__embedded SYMBOL[]`, ended by a NULL name. Names are paths below ROOT without their
# ending. Byte arrays, because long string literals are not portable C.
set(DENSEAM_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed-script.cmake)

function(denseam_embed out symbol header root)
  set(output ${CMAKE_BINARY_DIR}/embedded/${symbol}.c)
  list(JOIN ARGN "|" joined)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSYMBOL=${symbol} -DHEADER=${header}
            -DROOT=${CMAKE_SOURCE_DIR}/${root} "-DFILES=${joined}" -P ${DENSEAM_EMBED_SCRIPT}
    DEPENDS ${ARGN} ${DENSEAM_EMBED_SCRIPT}
    COMMENT "Embedding ${root}/ as ${symbol}"
    VERBATIM)
  set(${out} ${output} PARENT_SCOPE)
endfunction()
