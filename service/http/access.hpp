// Who may ask for what. A page of somebody else's in the user's browser must neither read nor change anything here, and
// beyond this machine nobody changes anything without the token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/http/message.hpp"

namespace throng::service::http {

struct access_rules {
  bool loopback = true; ///< the server listens on this machine's loopback interface only
  std::string token;    ///< of THRONG_TOKEN; empty: there is none
};

/// The refusal, or none.
/// - On loopback the Host must be a name of this machine, so that a foreign name which resolves to it reads nothing (DNS rebinding).
/// - A change that a page of another origin asks for is refused, whatever its token: CORS is closed.
/// - A change needs `Authorization: Bearer TOKEN` where there is a token; beyond loopback there must be one.
/// - A body must be JSON and say so, which no form of a foreign page can.
std::optional<response> refuse(const request& asked, const access_rules& rules);

/// Takes as long whatever of `given` is right.
bool same_secret(std::string_view given, std::string_view secret);

} // namespace throng::service::http
