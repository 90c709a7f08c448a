#include "client/pdf/finish.hpp"

#include <map>
#include <memory>

#include "client/pdf/qpdf_headers.hpp"
#include "client/pdf/qpdf_memory.hpp"
#include "client/pdf/template.hpp"

namespace autocusto::pdf {
namespace {

/// The bare pages of the templates that a document uses, each opened and copied once.
class background_pages {
 public:
  explicit background_pages(QPDF& to) : to_(to) {}

  QPDFObjectHandle form(const background& from) {
    auto& opened = open_[from.from];
    if (opened.pdf == nullptr) {
      opened.pdf = std::make_unique<QPDF>();
      open_quietly(*opened.pdf, from.from->bare_pages());
      for (auto& page : QPDFPageDocumentHelper(*opened.pdf).getAllPages()) {
        opened.forms.push_back(to_.copyForeignObject(page.getFormXObjectForPage(false)));
      }
    }
    return opened.forms.at(from.page);
  }

 private:
  struct opened_template {
    std::unique_ptr<QPDF> pdf;
    std::vector<QPDFObjectHandle> forms;
  };
  QPDF& to_;
  // Only looked up: objects are copied in the order of their first use, so bytes do not depend on
  // addresses.
  std::map<const form_template*, opened_template> open_;
};

void lay_beneath(QPDF& pdf, QPDFPageObjectHelper page, QPDFObjectHandle form) {
  auto resources = page.getAttribute("/Resources", true);
  if (!resources.isDictionary()) {
    resources = QPDFObjectHandle::newDictionary();
    page.getObjectHandle().replaceKey("/Resources", resources);
  }
  auto forms = resources.getKey("/XObject");
  if (!forms.isDictionary()) {
    forms = QPDFObjectHandle::newDictionary();
    resources.replaceKey("/XObject", forms);
  }
  forms.replaceKey("/Beneath", form);
  page.addPageContents(QPDFObjectHandle::newStream(&pdf, "/Artifact BMC q /Beneath Do Q EMC\n"),
                       true);
}

}  // namespace

void open_quietly(QPDF& pdf, std::string_view bytes) {
  pdf.setSuppressWarnings(true);
  pdf.processMemoryFile("in memory", bytes.data(), bytes.size());
}

std::string written(QPDF& pdf) {
  QPDFWriter writer(pdf);
  writer.setOutputMemory();
  writer.setDeterministicID(true);
  writer.setObjectStreamMode(qpdf_o_generate);
  writer.setRecompressFlate(false);
  writer.write();
  const auto buffer = writer.getBufferSharedPointer();
  return {reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize()};
}

std::string finished_pdf(std::string_view drawn,
                         std::span<const std::optional<background>> beneath) {
  QPDF pdf;
  open_quietly(pdf, drawn);
  background_pages templates(pdf);
  std::size_t number = 0;
  for (auto& page : QPDFPageDocumentHelper(pdf).getAllPages()) {
    const auto& below = beneath[number++];
    if (below) lay_beneath(pdf, page, templates.form(*below));
  }
  auto root = pdf.getRoot();
  root.replaceKey("/Lang", QPDFObjectHandle::newString("pt-BR"));
  auto viewer = QPDFObjectHandle::newDictionary();
  viewer.replaceKey("/DisplayDocTitle", QPDFObjectHandle::newBool(true));
  root.replaceKey("/ViewerPreferences", viewer);
  return written(pdf);
}

}  // namespace autocusto::pdf
