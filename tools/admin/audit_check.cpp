#include "tools/admin/audit_check.hpp"

#include "shared/wire/messages.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::admin {

audit_check::audit_check(const server_id& server, const msg::device_list& devices)
    : server_(server) {
  for (const auto& device : devices.items) {
    if (const auto key = crypto::public_key::parse(device.public_key)) {
      keys_.emplace(device.id, *key);
    }
  }
}

void audit_check::add(const msg::audit_item& line) {
  ++lines_;
  auto why = flaw(line);
  if (!why.empty()) problems_.push_back({line.id, line.what, std::move(why)});
}

std::string audit_check::flaw(const msg::audit_item& line) {
  const bool resolution = line.what == msg::k_resolve;
  const bool must_be_signed = resolution || msg::is_signed_act(line.what);
  if (line.signature.empty()) {
    return must_be_signed ? "An act without a signature: no administrator's device did it." : "";
  }
  ++signed_;
  if (!must_be_signed) return "A signature where there should be none.";
  const auto key = line.device ? keys_.find(*line.device) : keys_.end();
  if (key == keys_.end()) return "The device that signed it is not known.";
  const wire::signed_object sent{line.object, from_hex(line.signature).value_or("")};
  const auto by = key->second.raw();
  if (!(resolution ? wire::is_signed(by, "push", sent) : wire::is_signed(by, "act", sent))) {
    return "The signature does not hold: the line was changed after it was signed, or forged.";
  }
  signers_.insert(*line.device);
  auto why = resolution ? flaw_of_push(line) : flaw_of_act(line);
  if (!why.empty()) return why;
  const bool is_new =
      resolution ? pushes_.insert(line.object).second : acts_.insert(*line.act).second;
  return is_new ? "" : "The same act stands in the log twice.";
}

std::string audit_check::flaw_of_act(const msg::audit_item& line) const {
  const auto object = wire::decode_act_object(line.object);
  if (!object) return "What was signed cannot be read.";
  if (object->server != server_) return "What was signed was meant for another server.";
  const bool same = object->act == line.what && object->actor == line.actor_id &&
                    object->device == line.device && object->id == line.act;
  return same ? "" : "What was signed is another act than the line tells.";
}

std::string audit_check::flaw_of_push(const msg::audit_item& line) const {
  const auto object = wire::decode_push_object(line.object);
  if (!object) return "What was signed cannot be read.";
  if (object->server != server_) return "What was signed was meant for another server.";
  const bool same =
      object->owner && object->actor == line.actor_id && object->device == line.device;
  return same ? "" : "What was signed is another resolution than the line tells.";
}

}  // namespace autocusto::admin
