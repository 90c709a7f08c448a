#pragma once
// What a browser shows when somebody clicks an enrollment link: what to do with it, in Portuguese.
//
// The code and the fingerprint stand behind `#`, so no browser sends them, and the page holds no
// script that could read them. It is the same text for everybody. Any thread.

#include "shared/http/message.hpp"

namespace autocusto::api {

/// `GET /enroll`: 200, text/html, with a policy that lets the page load and run nothing.
[[nodiscard]] http::response enroll_page();

}  // namespace autocusto::api
