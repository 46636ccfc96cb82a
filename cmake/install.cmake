# The tool with its man page and completions, its presets, the library, static and shared, its headers, a pkg-config
# file, and for CMake's find_package(denseam) the target denseam::denseam, which is the shared library.
install(TARGETS denseam RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libdenseam ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS libdenseam-shared EXPORT denseam LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/denseam DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY presets tuning results docs/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/denseam PATTERN .gitkeep EXCLUDE)
# Relative, so that `cmake --install --prefix` and a moved folder stay right.
file(RELATIVE_PATH DENSEAM_PREFIX_FROM_PC
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
list(JOIN DENSEAM_LIBRARY_MODULES " " DENSEAM_REQUIRES)
configure_file(cmake/denseam.pc.in denseam.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/denseam.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

include(CMakePackageConfigHelpers)
set(DENSEAM_CMAKE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/denseam)
install(EXPORT denseam NAMESPACE denseam:: FILE denseamTargets.cmake
        DESTINATION ${DENSEAM_CMAKE_FOLDER})
configure_package_config_file(cmake/denseamConfig.cmake.in ${CMAKE_BINARY_DIR}/denseamConfig.cmake
                              INSTALL_DESTINATION ${DENSEAM_CMAKE_FOLDER})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/denseamConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/denseamConfig.cmake ${CMAKE_BINARY_DIR}/denseamConfigVersion.cmake
        DESTINATION ${DENSEAM_CMAKE_FOLDER})

# The tool writes its own manual page, from the tables behind its help.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/denseam.1
  COMMAND denseam man > ${CMAKE_BINARY_DIR}/denseam.1
  DEPENDS denseam
  COMMENT "Writing the manual page"
  VERBATIM)
add_custom_target(manpage ALL DEPENDS ${CMAKE_BINARY_DIR}/denseam.1)
install(FILES ${CMAKE_BINARY_DIR}/denseam.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# Completions ask the tool at each press of the key, so these are no more than the three shells' own manners.
set(DENSEAM_ZSH_FOLDER ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
    CACHE STRING "Folder of zsh's completions; Debian's packages have theirs in another")
set(completions src/cli/completions)
install(FILES ${completions}/denseam.bash RENAME denseam
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_denseam DESTINATION ${DENSEAM_ZSH_FOLDER})
install(FILES ${completions}/denseam.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
