# CLANG, CL, STAMP: compiles the kernel CL (syntax only) once for each of its "// check: OPTIONS" lines.
get_filename_component(dir ${CL} DIRECTORY)
file(STRINGS ${CL} lines REGEX "^// check: ")
if(NOT lines)
  message(FATAL_ERROR "${CL}: no '// check: -D...' line")
endif()
foreach(line ${lines})
  string(REPLACE "// check: " "" options "${line}")
  separate_arguments(options)
  execute_process(
    COMMAND ${CLANG} -x cl -cl-std=CL1.2 -fsyntax-only -Wall -Wextra -Werror -Xclang -finclude-default-header -I${dir}
            ${options} ${CL}
    RESULT_VARIABLE result ERROR_VARIABLE errors)
  if(result)
    message(FATAL_ERROR "${CL} with ${options}:\n${errors}")
  endif()
endforeach()
file(WRITE ${STAMP} "")
