# What the library links, and what the tools link besides, as interface targets.
find_package(PkgConfig REQUIRED)
find_package(OpenCL REQUIRED)
find_package(GIF 5 REQUIRED)

# Any version of CLBlast will do: what is wrong in some of them is found and put right when a device is used
# (src/compute/gemm_clblast.c). Without it our own kernels do all products, slower on GPUs.
set(DENSEAM_CLBLAST AUTO CACHE STRING "Use CLBlast for products on GPUs: AUTO where it is installed, ON or OFF")
set_property(CACHE DENSEAM_CLBLAST PROPERTY STRINGS AUTO ON OFF)
set(DENSEAM_HAS_CLBLAST 0)
if(DENSEAM_CLBLAST STREQUAL AUTO)
  pkg_check_modules(CLBLAST clblast)
elseif(DENSEAM_CLBLAST)
  pkg_check_modules(CLBLAST REQUIRED clblast)
endif()
if(DENSEAM_CLBLAST AND CLBLAST_FOUND)
  set(DENSEAM_HAS_CLBLAST 1)
else()
  message(STATUS "Without CLBlast: products on GPUs are by kernels of our own")
endif()

# pkg-config's names of all that the library links, which an installed static library needs again: denseam.pc and
# denseamConfig.cmake take them from here.
set(DENSEAM_LIBRARY_MODULES OpenCL hdf5 jansson zlib libzstd libpng libjpeg libcrypto)
if(DENSEAM_HAS_CLBLAST)
  list(INSERT DENSEAM_LIBRARY_MODULES 1 clblast)
endif()
pkg_check_modules(LIBRARY REQUIRED IMPORTED_TARGET ${DENSEAM_LIBRARY_MODULES})

add_library(denseam_library_dependencies INTERFACE)
target_compile_definitions(denseam_library_dependencies INTERFACE
  CL_TARGET_OPENCL_VERSION=120 DENSEAM_HAS_CLBLAST=${DENSEAM_HAS_CLBLAST})
target_link_libraries(denseam_library_dependencies INTERFACE PkgConfig::LIBRARY m)
add_library(denseam_dependencies INTERFACE)
target_link_libraries(denseam_dependencies INTERFACE
  denseam_library_dependencies GIF::GIF)

# -DMPI_C_COMPILER=mpicc.mpich chooses another than the default one. Only src/comm/comm_mpi.c includes mpi.h.
if(DENSEAM_MPI)
  find_package(MPI REQUIRED COMPONENTS C)
  target_link_libraries(denseam_dependencies INTERFACE MPI::MPI_C)
endif()
