#include "tests/support/small_forms.hpp"

namespace autocusto::test {
namespace {

using object = QPDFObjectHandle;

object appearance(QPDF& pdf, const std::string& content) {
  auto stream = object::newStream(&pdf, "BT /Helv 10 Tf 2 2 Td (" + content + ") Tj ET");
  stream.replaceDict(object::parse("<< /Type /XObject /Subtype /Form /BBox [0 0 200 20] >>"));
  return stream;
}

object widget(QPDF& pdf, const small_field& field) {
  auto out = object::parse("<< /Type /Annot /Subtype /Widget /F 4 >>");
  out.replaceKey("/T", object::newUnicodeString(field.name));
  out.replaceKey("/FT", object::newName(field.type));
  out.replaceKey("/Ff", object::newInteger(field.flags));
  out.replaceKey("/Rect", object::newFromRectangle(field.at));
  auto normal = object::newDictionary();
  if (!field.state.empty()) normal.replaceKey("/" + field.state, appearance(pdf, ""));
  auto appearances = object::newDictionary();
  appearances.replaceKey("/N", field.state.empty() ? appearance(pdf, field.content) : normal);
  out.replaceKey("/AP", appearances);
  if (!field.content.empty()) out.replaceKey("/V", object::newUnicodeString(field.content));
  return pdf.makeIndirectObject(out);
}

}  // namespace

std::string small_form_pdf(const small_form& form) {
  QPDF pdf;
  pdf.emptyPDF();
  auto fields = object::newArray();
  for (int number = 0; number < form.pages; ++number) {
    auto page = object::parse("<< /Type /Page >>");
    page.replaceKey("/MediaBox", object::newFromRectangle(form.media));
    page.replaceKey("/Rotate", object::newInteger(form.rotate));
    page.replaceKey(
        "/Resources",
        object::parse(
            "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"));
    page.replaceKey("/Contents", object::newStream(&pdf, "BT /F 12 Tf 50 800 Td (Fundo) Tj ET"));
    auto annotations = object::newArray();
    for (const auto& each : form.fields) {
      if (each.page != number) continue;
      auto made = widget(pdf, each);
      annotations.appendItem(made);
      fields.appendItem(made);
    }
    page.replaceKey("/Annots", annotations);
    QPDFPageDocumentHelper(pdf).addPage(QPDFPageObjectHelper(pdf.makeIndirectObject(page)), false);
  }
  auto acroform = object::newDictionary();
  acroform.replaceKey("/Fields", fields);
  pdf.getRoot().replaceKey("/AcroForm", acroform);
  if (form.also) form.also(pdf);
  QPDFWriter writer(pdf);
  writer.setOutputMemory();
  writer.setStaticID(true);
  if (!form.password.empty()) {
    writer.setR6EncryptionParameters(form.password.c_str(), form.password.c_str(), true, true, true,
                                     true, true, true, qpdf_r3p_full, true);
  }
  writer.write();
  const auto buffer = writer.getBufferSharedPointer();
  return {reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize()};
}

}  // namespace autocusto::test
