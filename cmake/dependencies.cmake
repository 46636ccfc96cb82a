# What the library links, and what the tools link besides, as interface targets.
find_package(PkgConfig REQUIRED)
find_package(OpenCL REQUIRED)
find_package(GIF 5 REQUIRED)
find_package(PNG REQUIRED)

# pkg-config's names of all that the library links, which an installed static library needs again: denseam.pc and
# denseamConfig.cmake take them from here.
set(DENSEAM_LIBRARY_MODULES OpenCL clblast hdf5 jansson zlib libcrypto)
pkg_check_modules(LIBRARY REQUIRED IMPORTED_TARGET ${DENSEAM_LIBRARY_MODULES})

# CLBlast 1.6.1 and 1.6.2 give wrong results on several GPUs where MWG != NWG with GEMMK=1.
set(clblast_version ${LIBRARY_clblast_VERSION})
if(clblast_version VERSION_EQUAL 1.6.1 OR clblast_version VERSION_EQUAL 1.6.2)
  message(FATAL_ERROR "CLBlast ${clblast_version} gives wrong results on several GPUs: "
                      "install 1.5.3, or 1.6.3 and later")
elseif(clblast_version VERSION_LESS 1.6.3)
  message(STATUS "CLBlast ${clblast_version}: calls are serialised (a race in its cache before 1.6.1)")
endif()

add_library(denseam_library_dependencies INTERFACE)
target_compile_definitions(denseam_library_dependencies INTERFACE CL_TARGET_OPENCL_VERSION=120)
target_link_libraries(denseam_library_dependencies INTERFACE PkgConfig::LIBRARY m)
add_library(denseam_dependencies INTERFACE)
target_link_libraries(denseam_dependencies INTERFACE
  denseam_library_dependencies GIF::GIF PNG::PNG)
