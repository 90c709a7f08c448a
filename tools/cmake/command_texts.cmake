# sync_command_texts(PROGRAM COMPONENT [LANGUAGES pt_BR]): man page and completions of a program, made from what the
# program itself tells about its commands (tools/command_texts.py), to where `cmake --install` takes them from.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_custom_target(command_texts ALL)

function(sync_command_texts program component)
  cmake_parse_arguments(ARG "" "" "LANGUAGES" ${ARGN})
  set(script "${CMAKE_SOURCE_DIR}/tools/command_texts.py")
  set(out "${CMAKE_BINARY_DIR}/share")
  set(tree "${CMAKE_BINARY_DIR}/generated/${program}")
  set(made "${out}/man/man1/${program}.1" "${out}/bash-completion/completions/${program}"
    "${out}/zsh/site-functions/_${program}" "${out}/fish/vendor_completions.d/${program}.fish")
  set(run
    COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C.UTF-8 LANGUAGE=en $<TARGET_FILE:${program}> --command-tree > "${tree}.json"
    COMMAND Python3::Interpreter "${script}" "${tree}.json" "${out}" --name ${program})
  foreach(language ${ARG_LANGUAGES})
    list(APPEND run
      COMMAND ${CMAKE_COMMAND} -E env LC_ALL=${language}.UTF-8 LANGUAGE=${language}
              $<TARGET_FILE:${program}> --command-tree > "${tree}.${language}.json"
      COMMAND Python3::Interpreter "${script}" "${tree}.${language}.json" "${out}" --name ${program} --language ${language})
    list(APPEND made "${out}/man/${language}/man1/${program}.1")
  endforeach()
  add_custom_command(OUTPUT ${made} ${run}
    DEPENDS ${program} "${script}" $<$<BOOL:${ARG_LANGUAGES}>:autocusto_texts> VERBATIM
    COMMENT "Writing man page and completions of ${program}")
  add_custom_target(${program}-texts DEPENDS ${made})
  add_dependencies(command_texts ${program}-texts)
  foreach(file ${made})
    file(RELATIVE_PATH below "${out}" "${file}")
    get_filename_component(folder "${below}" DIRECTORY)
    install(FILES "${file}" DESTINATION "${CMAKE_INSTALL_DATADIR}/${folder}" COMPONENT ${component})
  endforeach()
endfunction()
