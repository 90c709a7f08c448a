#pragma once
// The headers of qpdf that are used here, for every source that needs one of them.
//
// Clang 14 cannot compile qpdf/JSON.hh as C++20 (a vector of a class that is not complete yet).
// Nothing here uses it, so under Clang the class is only named. Private to this folder and its
// tests.

#if defined(__clang__)
#define JSON_HH
class JSON;
#endif

#include <qpdf/Pipeline.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <qpdf/QUtil.hh>
