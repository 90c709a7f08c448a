#pragma once
// The messages of the sync protocol, as values; no I/O.
//
// Each struct is one JSON object; the comment above it shows its form. Text forms: ids as in
// shared/base/ids.hpp, keys, hashes, proofs and signatures as lower-case hex, times as RFC 3339.
// Versions travel as two JSON strings, each holding exactly the canonical bytes. Readers ignore
// members that they do not know, so that members can be added. Errors are RFC 9457 problem
// documents:
// {"type":"about:blank","title","status","detail","code","field"?,"limit"?,"request_id","last_push"?}.
//
// Signatures are Ed25519 over "autocusto/" + purpose + "/v1\0" + canonical JSON of `object`;
// objects that are signed keep their canonical bytes beside the parsed form. Values only; any
// thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::wire {

/// A signed object: `{"object":{…},"signature":"<128 hex>"}`; `object` holds its canonical bytes.
struct signed_object {
  std::string object;
  std::string signature;  ///< 64 raw bytes
};

/// Who the server is: {"server":uuid,"serial":n,"roots":["<64 hex>"…],"keys":["<64 hex>"…]}, signed
/// with purpose `trust` by one of `keys`. `roots`: SHA-256 over the public key (SPKI) of each CA;
/// `keys`: the server's Ed25519 public keys. A higher serial replaces a lower one.
struct trust {
  server_id server;
  std::int64_t serial = 1;
  std::vector<std::string> roots;  ///< 32 raw bytes each
  std::vector<std::string> keys;   ///< 32 raw bytes each
};

// ---- POST /v1/enroll ----

/// Step 1: {"nonce":"<64 hex>"} -> {"challenge":"<base64url>","server_time":"…","signed":{…},
/// "trust":{…}}. `signed` is a `greeting` by one of the keys that `trust` names.
struct greeting_request {
  std::string nonce;  ///< 32 raw bytes, fresh
};
struct greeting_answer {
  std::string challenge;  ///< opaque text
  signed_object signed_by_server;
  signed_object trust_object;
  std::string server_time;
};

/// That the server itself is at the other end of this TLS connection, before a client tells it
/// anything: {"server","nonce","challenge","channel"}, purpose `greeting`. `channel`: SHA-256 over
/// the public key (SubjectPublicKeyInfo) of the certificate that TLS has shown.
struct greeting {
  server_id server;
  std::string nonce;  ///< 32 raw bytes, the client's
  std::string challenge;
  std::string channel;  ///< 32 raw bytes
};

/// Step 2: {"code"?:"…","device_name":"…","public_key":"<64 hex>",
/// "again"?:{"object":{…},"signature":…},"proof"?:{"object":{…},"signature":…}}; one of `code` and
/// `again`, or both. Clients before the greeting existed send no `proof` and are refused.
struct enroll_request {
  std::string code;         ///< empty: none, then there is `again`
  std::string device_name;  ///< 1 to 100 code points
  std::string public_key;   ///< 32 raw bytes
  std::optional<signed_object> again;
  std::optional<signed_object> proof{};
};

/// That the new device has the private key: {"server","challenge","public_key"}, signed by that
/// key with purpose `enroll`. The challenge is the greeting's, and good once.
struct enroll_object {
  server_id server;
  std::string challenge;
  std::string public_key;  ///< 32 raw bytes
};

/// That the new device stands in for one whose folder was copied or restored:
/// {"server","device","public_key","challenge"}, signed by the old device with purpose `again`.
/// `device` is the old one, `public_key` that of the request, `challenge` that of `proof`.
struct again_object {
  server_id server;
  device_id device;
  std::string public_key;   ///< 32 raw bytes
  std::string challenge{};  ///< empty: left out by a client before challenges of enrollment
};

/// {"user":uuid,"email":"…","role":"doctor"|"admin","device":uuid,"tenant_key":"<64 hex>",
///  "trust":{"object":{…},"signature":…},"server_time":"…"}
struct enroll_answer {
  user_id user;
  std::string email;
  std::string role;
  device_id device;
  std::string tenant_key;  ///< 32 raw bytes
  signed_object trust_object;
  std::string server_time;
};

// ---- POST /v1/session ----

/// Step 1: {"device":uuid,"nonce"?:"<64 hex>"} -> {"server":uuid,"challenge":"<base64url>",
/// "server_time":"…","signed"?:{…}}. `signed` answers a nonce: a `challenge_proof`.
struct challenge_request {
  device_id device;
  std::optional<std::string> nonce{};  ///< 32 raw bytes, fresh
};
struct challenge_answer {
  server_id server;
  std::string challenge;  ///< opaque text
  std::string server_time;
  std::optional<signed_object> signed_by_server;
};

/// That the challenge comes from the server itself, over this TLS connection:
/// {"server","device","nonce","challenge","channel"}, purpose `challenge`.
struct challenge_proof {
  server_id server;
  device_id device;
  std::string nonce;  ///< 32 raw bytes
  std::string challenge;
  std::string channel;  ///< 32 raw bytes, as of `greeting`
};

/// Step 2: {"object":{"server","device","challenge","prev_push":uuid|null},"signature":…}, signed
/// with purpose `session`.
struct session_request {
  server_id server;
  device_id device;
  std::string challenge;
  std::optional<push_id> prev_push;
};

/// How the device's last acknowledged push compares with the server's memory of this device.
/// `unknown`: the server does not have it (it went back, or it is not this device's); `old`: the
/// server has a later one.
enum class push_memory { ok, unknown, old };

/// {"token":"…","expires_in":3600,"scope":"full"|"surrender","user":uuid,"email","role",
///  "prev_push":"ok"|"unknown"|"old","last_push":uuid|null,"wipe":bool,"order"?:{…},"trust":{…},
///  "server_time","signed"?:{…},"catalogue"?:"<64 hex>"}. `order` comes with the scope `surrender`,
///  and only then. `signed` is a `session_proof`. `catalogue`: the hash of the newest catalogue,
///  when there is one.
struct session_answer {
  std::string token;
  std::int64_t expires_in = 0;  ///< seconds
  std::string scope;
  user_id user;
  std::string email;
  std::string role;
  push_memory prev_push = push_memory::ok;
  std::optional<push_id> last_push;
  bool wipe = false;  ///< this device was revoked as lost: erase everything
  std::optional<signed_object> order_object;
  signed_object trust_object;
  std::string server_time;
  /// What the server can take; nothing from servers of the first releases, which take
  /// `domain::first_revisions`. Not signed: TLS carries it, and it decides only what waits.
  std::optional<domain::kind_revisions> kinds = std::nullopt;
  std::optional<signed_object> signed_by_server;
  std::optional<hash256> catalogue{};
};

/// The request header by which a laptop says that it keeps fields and kinds that it does not know.
inline constexpr std::string_view k_keeps_unknown = "autocusto-keeps-unknown";

/// That the answer comes from the server itself, over this TLS connection: purpose `opened`,
/// {"server","device","challenge","channel","token":"<SHA-256 of the token>","expires_in","scope",
///  "user","role","prev_push","last_push","wipe","server_time"}, as they stand in the answer.
struct session_proof {
  server_id server;
  device_id device;
  std::string challenge;
  std::string channel;     ///< 32 raw bytes, as of `greeting`
  std::string token_hash;  ///< 32 raw bytes
  std::int64_t expires_in = 0;
  std::string scope;
  user_id user;
  std::string role;
  push_memory prev_push = push_memory::ok;
  std::optional<push_id> last_push;
  bool wipe = false;
  std::string server_time;
  friend bool operator==(const session_proof&, const session_proof&) = default;
};
/// What the server has to sign for this answer.
[[nodiscard]] session_proof proof_of(const session_answer& answer, const session_request& asked,
                                     std::string_view channel);

/// What a device has to do that has lost its access: hand over what it holds and erase everything,
/// or (revoked as lost) erase at once. {"server","device","challenge","order":"surrender"|"erase"},
/// signed by the server with purpose `order`; the challenge is the session's, so that no order is
/// good for a second time.
enum class order_kind { surrender, erase };
struct order {
  server_id server;
  device_id device;
  std::string challenge;
  order_kind what = order_kind::surrender;
};

// ---- POST /v1/push ----

/// The signed part: {"server","device","actor","owner"?,"push_id","prev_push":uuid|null,
/// "versions":["<id>"…],"discards":["<id>"…],"expect_heads"?:["<id>"…]}, purpose `push`.
/// `owner` and `expect_heads` only when an admin resolves for somebody.
struct push_object {
  server_id server;
  device_id device;
  user_id actor;
  std::optional<user_id> owner;
  push_id id;
  std::optional<push_id> prev_push;
  std::vector<version_id> versions;  ///< in the order of the batch: parents before children
  std::vector<version_id> discards;  ///< drafts to take out of the view
  std::optional<std::vector<version_id>> expect_heads;
};

/// One version of a batch: {"header":"…","payload":"…","incarnation"?:uuid,"proof"?:"<64 hex>"}.
/// `incarnation` is the one under which it was written, none for a root that opens a new one.
struct pushed_version {
  domain::version_bytes raw;
  std::optional<incarnation_id> incarnation;
  std::optional<std::string> proof;  ///< 32 raw bytes
};

/// {"object":{…},"signature":…,"versions":[…]}
struct push_request {
  signed_object object;
  std::vector<pushed_version> versions;
};

enum class push_outcome { accepted, duplicate, merged, sibling, restored, discarded, refused };
[[nodiscard]] std::string_view outcome_name(push_outcome outcome);

/// One line of a receipt: {"version":"<id>","result":"accepted","incarnation"?,"proof"?,"code"?,
/// "message"?,"field"?,"limit"?}. `merged`: stored, and the record's heads were merged; `sibling`:
/// stored, and the view has several heads now. Discards get a line each, behind the versions.
struct push_result {
  version_id version;
  push_outcome outcome = push_outcome::accepted;
  std::optional<incarnation_id> incarnation;
  std::optional<std::string> proof;  ///< 32 raw bytes
  std::string code;                  ///< of a refusal; newer servers may know more codes
  std::string message;
  std::string field;
  std::optional<std::int64_t> limit;
};

/// The signed answer: {"receipt":{"object":{"server","push_id","results":[…]},"signature":…}},
/// purpose `receipt`.
struct push_receipt {
  server_id server;
  push_id id;
  std::vector<push_result> results;
};

// ---- POST /v1/receipt ----

/// Asks for the receipt of a push that the server has from this device: {"push_id":uuid}. The
/// answer is that of the push.
struct receipt_request {
  push_id push;
};

// ---- POST /v1/known ----

/// What a client holds: {"versions":["<id>"…]}, at most 10,000.
struct known_request {
  std::vector<version_id> versions;
};
/// Those of them that are not visible to this user in an open view: {"missing":["<id>"…]}.
struct known_answer {
  std::vector<version_id> missing;
};

// ---- POST /v1/surrender ----
// Takes a push_request, too: of a device without access, every version goes to quarantine.

/// What a device no longer holds: {"server","device","actor","incarnations":[uuid…],
/// "everything":bool}, signed by the device with purpose `erasure`. At most 1,000 incarnations,
/// sorted, each once. `everything`: nothing but the device's key is left.
struct erasure_object {
  server_id server;
  device_id device;
  user_id actor;
  std::vector<incarnation_id> incarnations;
  bool everything = false;
};

/// Those of the incarnations that this device was never told to erase; the others are noted:
/// {"unknown":[uuid…]}
struct erasure_answer {
  std::vector<incarnation_id> unknown;
};

// ---- GET /v1/changes?cursor=SEQ.CHAIN&limit=N&wait=SECONDS ----

/// A position in a feed: `<seq>.<64 hex>`; at the start 0 and the zero chain.
struct cursor {
  std::int64_t seq = 0;
  hash256 chain;
  friend bool operator==(const cursor&, const cursor&) = default;
};
[[nodiscard]] std::string cursor_text(const cursor& c);
[[nodiscard]] std::optional<cursor> parse_cursor(std::string_view text);

enum class item_kind { version, assigned, discarded, removed };

/// {"seq","kind","incarnation","record_id","version_id":"…"|null}; of a closed incarnation (all but
/// its `removed` item) only {"seq","hash"}.
/// chain(seq) = SHA-256(chain(seq-1) ‖ SHA-256(canonical JSON of the item)).
struct item {
  std::int64_t seq = 0;
  std::optional<hash256> hash_only;
  item_kind kind = item_kind::version;
  incarnation_id incarnation;
  record_id record;
  std::optional<version_id> version;
};
/// SHA-256 of an item's canonical JSON (what `hash` says for a closed incarnation).
[[nodiscard]] hash256 item_hash(const item& i);
[[nodiscard]] hash256 next_chain(const hash256& chain, const hash256& item);

/// {"header":"…","payload":"…"|null,"proof":"<64 hex>","incarnation":uuid,"archived"?:true}
struct page_version {
  std::string header;
  std::optional<std::string> payload;
  std::string proof;  ///< 32 raw bytes
  incarnation_id incarnation;
  bool archived = false;
};

/// {"record":{"kind","id"},"incarnation","heads":[…],"active":id|null,"pinned":id|null,
///  "drafts":[…],"conflict":{"id":n,"base":id|null,"opened_at":"…"}|null}
struct page_view {
  domain::record_ref record;
  incarnation_id incarnation;
  std::vector<version_id> heads;
  std::optional<version_id> active;
  std::optional<version_id> pinned;
  std::vector<version_id> drafts;
  struct open_conflict {
    /// Names the conflict to this user, below 2^48: no count, so that nobody learns of others'.
    std::int64_t id = 0;
    std::optional<version_id> base;
    std::string opened_at;
  };
  std::optional<open_conflict> conflict;
};

/// {"items":[…],"versions":[…],"views":[…],"people":[{"user","email"}],
///  "devices":[{"device","name"}],"cursor":"…","more":bool}
/// Views are as they are now, read after the items; closed ones are not listed. The bytes of a
/// view's heads and drafts are in the page even where their items come later. Left out: versions
/// that the asking device made itself and that came into this incarnation by an item of kind
/// `version`.
struct page {
  std::vector<item> items;
  std::vector<page_version> versions;
  std::vector<page_view> views;
  std::vector<std::pair<user_id, std::string>> people;
  std::vector<std::pair<device_id, std::string>> devices;
  cursor next;
  bool more = false;
};

// ---- POST /v1/admin/act ----

/// {"object":{"server","actor","device","act_id","act","args":{…},"expect_heads"?:[…]},"signature"},
/// purpose `act`. `args` is an object of texts and booleans that each act defines.
struct act_object {
  server_id server;
  user_id actor;
  device_id device;
  act_id id;
  std::string act;
  std::string args;  ///< canonical JSON object
  std::optional<std::vector<version_id>> expect_heads;
};

// Encoding: the canonical JSON text (RFC 8785) of the message. Decoding: any JSON text of the
// message within the limits of shared/json; errors are malformed, with the member that is meant,
// and too_many_versions for a push of more than 1,000 versions. encode_object gives the bytes that
// are signed; `object` of a decoded signed_object is always canonical, however it was sent.

[[nodiscard]] std::string encode(const signed_object& o);
[[nodiscard]] result<signed_object> decode_signed(std::string_view json);
[[nodiscard]] std::string encode_object(const trust& t);
[[nodiscard]] result<trust> decode_trust(std::string_view object);

[[nodiscard]] std::string encode(const greeting_request& m);
[[nodiscard]] result<greeting_request> decode_greeting_request(std::string_view json);
[[nodiscard]] std::string encode(const greeting_answer& m);
[[nodiscard]] result<greeting_answer> decode_greeting_answer(std::string_view json);
[[nodiscard]] std::string encode_object(const greeting& m);
[[nodiscard]] result<greeting> decode_greeting(std::string_view object);
[[nodiscard]] std::string encode_object(const enroll_object& m);
[[nodiscard]] result<enroll_object> decode_enroll_object(std::string_view object);
[[nodiscard]] std::string encode_object(const challenge_proof& m);
[[nodiscard]] result<challenge_proof> decode_challenge_proof(std::string_view object);
[[nodiscard]] std::string encode_object(const session_proof& m);
[[nodiscard]] result<session_proof> decode_session_proof(std::string_view object);
[[nodiscard]] std::string encode(const enroll_request& m);
[[nodiscard]] result<enroll_request> decode_enroll_request(std::string_view json);
[[nodiscard]] std::string encode_object(const again_object& m);
[[nodiscard]] result<again_object> decode_again_object(std::string_view object);
[[nodiscard]] std::string encode(const enroll_answer& m);
[[nodiscard]] result<enroll_answer> decode_enroll_answer(std::string_view json);

[[nodiscard]] std::string encode(const challenge_request& m);
[[nodiscard]] result<challenge_request> decode_challenge_request(std::string_view json);
[[nodiscard]] std::string encode(const challenge_answer& m);
[[nodiscard]] result<challenge_answer> decode_challenge_answer(std::string_view json);
[[nodiscard]] std::string encode_object(const session_request& m);
[[nodiscard]] result<session_request> decode_session_object(std::string_view object);
[[nodiscard]] std::string encode(const session_answer& m);
[[nodiscard]] result<session_answer> decode_session_answer(std::string_view json);

[[nodiscard]] std::string encode_object(const push_object& m);
[[nodiscard]] result<push_object> decode_push_object(std::string_view object);
[[nodiscard]] std::string encode(const push_request& m);
[[nodiscard]] result<push_request> decode_push_request(std::string_view json);
[[nodiscard]] std::string encode_object(const push_receipt& m);
[[nodiscard]] result<push_receipt> decode_receipt_object(std::string_view object);
/// The body of the answer to a push: {"receipt":{"object":…,"signature":…}}.
[[nodiscard]] std::string encode_push_answer(const signed_object& receipt);
[[nodiscard]] result<signed_object> decode_push_answer(std::string_view json);
[[nodiscard]] std::string encode(const receipt_request& m);
[[nodiscard]] result<receipt_request> decode_receipt_request(std::string_view json);

[[nodiscard]] std::string encode(const known_request& m);
[[nodiscard]] result<known_request> decode_known_request(std::string_view json);
[[nodiscard]] std::string encode(const known_answer& m);
[[nodiscard]] result<known_answer> decode_known_answer(std::string_view json);

[[nodiscard]] std::string encode_object(const order& m);
[[nodiscard]] result<order> decode_order(std::string_view object);
[[nodiscard]] std::string encode_object(const erasure_object& m);
[[nodiscard]] result<erasure_object> decode_erasure_object(std::string_view object);
/// The body of a receipt of erasure: {"erasure":{"object":…,"signature":…}}; none for any other
/// body that is JSON.
[[nodiscard]] std::string encode_erasure_request(const signed_object& erasure);
[[nodiscard]] result<std::optional<signed_object>> decode_erasure_request(std::string_view json);
[[nodiscard]] std::string encode(const erasure_answer& m);
[[nodiscard]] result<erasure_answer> decode_erasure_answer(std::string_view json);

[[nodiscard]] std::string encode(const page& m);
[[nodiscard]] result<page> decode_page(std::string_view json);

[[nodiscard]] std::string encode_object(const act_object& m);
[[nodiscard]] result<act_object> decode_act_object(std::string_view object);

/// A problem document as a client reads it. `code` is `internal` for unknown names; `detail` is the
/// server's sentence.
struct problem {
  error what;
  std::string code_text;
  std::string request_id;
  std::optional<push_id> last_push;
};
[[nodiscard]] problem decode_problem(int status, std::string_view json);

/// The proof that the server knew this version in this view: HMAC-SHA-256(server_secret, canonical
/// JSON of [user, incarnation, version]); 32 raw bytes.
[[nodiscard]] std::string make_proof(std::string_view server_secret, const user_id& user,
                                     const incarnation_id& incarnation, const version_id& version);

/// The document itself; its status and title follow from the code. No `last_push` unless it is set.
[[nodiscard]] std::string encode_problem(const problem& p, std::string_view title);

/// `https://HOST:PORT/enroll#CODE.PIN`, PIN = `ca:HASH.key:HASH` or `key:HASH`, each HASH 64 hex
/// digits; no port means 443; an IPv6 address stands in brackets. CODE is base64url, at most 200
/// characters. A link that cannot be read is `usage`. Earlier releases made `ca:HASH` alone: it
/// still names a server, and nobody enrolls with it.
struct enrollment_link {
  std::string host;
  std::uint16_t port = 443;
  std::string code;
  bool pin_is_ca = true;  ///< `ca:` (a CA's public key) or `key:` (the server's Ed25519)
  std::string pin;        ///< 32 raw bytes: SHA-256 of that public key
  std::string key_pin;    ///< beside `ca:`: SHA-256 of the server's Ed25519 key; empty: none
};
[[nodiscard]] std::string encode(const enrollment_link& link);
[[nodiscard]] result<enrollment_link> decode_enrollment_link(std::string_view text);

}  // namespace autocusto::wire
