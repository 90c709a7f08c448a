#include "server/api/enroll_page.hpp"

namespace autocusto::api {
namespace {

constexpr const char* k_page = R"(<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>AutoCusto: como usar este link</title>
<style>
body { font: 1.1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
code { background: #eee; color: #111; padding: 0 .2rem; }
li { margin: .6rem 0; }
</style>
</head>
<body>
<h1>Este link é para o programa AutoCusto</h1>
<p>Ele não se abre no navegador. Com ele, este computador passa a fazer parte da sua clínica.</p>
<ol>
<li>Abra o AutoCusto neste computador. Se ele ainda não está instalado, peça ajuda a quem lhe
enviou o link.</li>
<li>Copie o link inteiro da mensagem que você recebeu, do começo <code>https://</code> até o fim.</li>
<li>Cole o link no programa, no campo <strong>Link de cadastro</strong>. Quem usa o terminal:
<code>autocusto enroll 'LINK'</code>.</li>
</ol>
<p>O link vale uma só vez e por pouco tempo. Não o envie a mais ninguém: quem o usar entra no seu
lugar. Se ele já foi usado ou venceu, peça outro a quem administra o sistema.</p>
</body>
</html>
)";

}  // namespace

http::response enroll_page() {
  http::response out;
  out.content_type = "text/html; charset=utf-8";
  out.body = k_page;
  out.headers = {{"Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                  "form-action 'none'; frame-ancestors 'none'"},
                 {"Referrer-Policy", "no-referrer"},
                 {"X-Frame-Options", "DENY"}};
  return out;
}

}  // namespace autocusto::api
