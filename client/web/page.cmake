# The page: TypeScript built by Vite and compiled in. Sets AUTOCUSTO_PAGE_SOURCE, the C++ file that
# holds it. npm ci runs when the lock file has changed, Vite when a source of the page has.
option(AUTOCUSTO_WEB "Build the doctor's page (needs Node and npm)" ON)

if(NOT AUTOCUSTO_WEB)
  set(AUTOCUSTO_PAGE_SOURCE "${CMAKE_CURRENT_SOURCE_DIR}/no_assets.cpp")
  return()
endif()

find_program(NODE_PROGRAM node)
find_program(NPM_PROGRAM npm)
if(NOT NODE_PROGRAM OR NOT NPM_PROGRAM)
  message(FATAL_ERROR "The doctor's page needs Node 18 or newer and npm: run tools/setup, or "
                      "configure with -DAUTOCUSTO_WEB=OFF to leave the page out.")
endif()

set(page "${CMAKE_CURRENT_SOURCE_DIR}/page")
set(PAGE_BUILD "${CMAKE_BINARY_DIR}/page")
set(PAGE_MODULES_STAMP "${PAGE_BUILD}/npm-ci.stamp")
set(AUTOCUSTO_PAGE_SOURCE "${PAGE_BUILD}/assets.cpp")
file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS
  "${page}/src/*.ts" "${page}/src/*.tsx" "${page}/src/*.css" "${page}/public/*")

add_custom_command(OUTPUT "${PAGE_MODULES_STAMP}"
  COMMAND ${CMAKE_COMMAND} -E make_directory "${PAGE_BUILD}"
  COMMAND "${NPM_PROGRAM}" ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch "${PAGE_MODULES_STAMP}"
  WORKING_DIRECTORY "${page}"
  DEPENDS "${page}/package.json" "${page}/package-lock.json" "${page}/.npmrc"
  COMMENT "Fetching the page's packages (npm ci)" VERBATIM)

add_custom_command(OUTPUT "${AUTOCUSTO_PAGE_SOURCE}"
  COMMAND "${NODE_PROGRAM}" build.mjs "${PAGE_BUILD}/dist" "${AUTOCUSTO_PAGE_SOURCE}"
  WORKING_DIRECTORY "${page}"
  DEPENDS "${PAGE_MODULES_STAMP}" ${page_sources} "${page}/index.html" "${page}/build.mjs"
          "${page}/vite.config.ts" "${page}/tsconfig.json"
  COMMENT "Building the doctor's page" VERBATIM)
