# What the library links, and what the tools link besides, as interface targets.
find_package(PkgConfig REQUIRED)
find_package(OpenCL REQUIRED)
find_package(GIF 5 REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
pkg_check_modules(CLBLAST REQUIRED IMPORTED_TARGET clblast)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

# CLBlast 1.6.1 and 1.6.2 give wrong results on several GPUs where MWG != NWG with GEMMK=1.
if(CLBLAST_VERSION VERSION_EQUAL 1.6.1 OR CLBLAST_VERSION VERSION_EQUAL 1.6.2)
  message(FATAL_ERROR "CLBlast ${CLBLAST_VERSION} gives wrong results on several GPUs: "
                      "install 1.5.3, or 1.6.3 and later")
elseif(CLBLAST_VERSION VERSION_LESS 1.6.3)
  message(STATUS "CLBlast ${CLBLAST_VERSION}: calls are serialised (a race in its cache before 1.6.1)")
endif()

add_library(denseam_library_dependencies INTERFACE)
target_compile_definitions(denseam_library_dependencies INTERFACE CL_TARGET_OPENCL_VERSION=120)
target_link_libraries(denseam_library_dependencies INTERFACE
  OpenCL::OpenCL PkgConfig::CLBLAST PkgConfig::HDF5 PkgConfig::JANSSON
  ZLIB::ZLIB OpenSSL::Crypto m)
add_library(denseam_dependencies INTERFACE)
target_link_libraries(denseam_dependencies INTERFACE
  denseam_library_dependencies GIF::GIF PNG::PNG)
