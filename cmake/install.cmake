# The tool, the library, its headers, its presets, the man page and a pkg-config file.
install(TARGETS denseam RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libdenseam ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/denseam DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY presets DESTINATION ${CMAKE_INSTALL_DATADIR}/denseam)
configure_file(cmake/denseam.pc.in denseam.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/denseam.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
