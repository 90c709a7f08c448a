# embed_migrations(TARGET DIR SYMBOL): compiles the migrations DIR/NNNN_name.{up,down}.sql into
# TARGET as the function `std::span<const autocusto::migration> SYMBOL()` (SYMBOL with its namespaces,
# for example autocusto::store::sqlite_migrations). TARGET declares that function in a header of its
# own and links sync::base.
set(SYNC_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed_migrations.cmake")

function(embed_migrations target dir symbol)
  file(GLOB scripts CONFIGURE_DEPENDS "${dir}/*.up.sql" "${dir}/*.down.sql")
  string(MAKE_C_IDENTIFIER "${symbol}" file_name)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/${file_name}.cpp")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" "-DOUT=${out}" "-DDIR=${dir}" "-DSYMBOL=${symbol}"
            -P "${SYNC_EMBED_SCRIPT}"
    DEPENDS ${scripts} "${SYNC_EMBED_SCRIPT}"
    VERBATIM)
  target_sources(${target} PRIVATE "${out}")
endfunction()

# embed_texts(OUT HEADER FUNCTION FILE…): writes the C++ file OUT, in which FUNCTION (with its namespaces), declared in
# HEADER, gives the names and texts of the files (embed_text.cmake). OUT is then a source of the caller's library.
function(embed_texts out header function)
  set(script "${CMAKE_SOURCE_DIR}/tools/cmake/embed_text.cmake")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" "-DOUT=${out}" "-DHEADER=${header}" "-DFUNCTION=${function}" "-DFILES=${ARGN}" -P "${script}"
    DEPENDS ${ARGN} "${script}"
    VERBATIM)
endfunction()
