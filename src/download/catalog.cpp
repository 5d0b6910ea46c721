#include "download/catalog.h"

#include <algorithm>

namespace ds4::download {
namespace {

using enum Family;
using enum FileKind;

// Sizes that nobody has recorded are the sum of the tensors and a header like that of ds4f-q2.
constexpr PublishedFile kFiles[] = {
    {.name = "ds4f-q2",
     .file = "DeepSeek-V4-Flash-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8-chat-v2-imatrix-0731.gguf",
     .family = flash,
     .kind = main,
     .about = "experts in 2 bits",
     .bytes = 86720111488ULL,
     .is_size_exact = true,
     .sha256 = "ca22ae2f838e14077c22bc1c1417b71b45b5e5a3687bd96c2ac6e17fdb6261c0"},
    {.name = "ds4f-q2-q4",
     .file = "DeepSeek-V4-Flash-Layers37-42Q4KExperts-OtherExpertLayersIQ2XXSGateUp-Q2KDown-"
             "AProjQ8-SExpQ8-OutQ8-chat-v2-imatrix-fixed-0731.gguf",
     .family = flash,
     .kind = main,
     .about = "2 bits, last layers 4",
     .bytes = 97591747456ULL,
     .sha256 = "659e22fbd01c9e13ea37a57c8d9c41e0a8819dffa3473d3c5286ee44b2d3398f"},
    {.name = "ds4f-mxfp4",
     .file = "DeepSeek-V4-Flash-MXFP4Experts-F16HC-F16Compressor-F16Indexer-Q8Attn-Q8Shared-Q8Out-"
             "chat-v2-mxfp4-0731.gguf",
     .family = flash,
     .kind = main,
     .about = "experts in MXFP4",
     .bytes = 155976459136ULL,
     .sha256 = "0e3a161b670f686128ec5f92a601dfde616a37bf5e7e48999fa2d32471b57ec6"},
    {.name = "ds4f-q4",
     .file = "DeepSeek-V4-Flash-Q4KExperts-F16HC-F16Compressor-F16Indexer-Q8Attn-Q8Shared-Q8Out-"
             "chat-v2-imatrix-0731.gguf",
     .family = flash,
     .kind = main,
     .about = "experts in 4 bits",
     .bytes = 164633502592ULL,
     .sha256 = "6bb77b5ddcbc2d974c687cfb63d644ecfb295581b4a53fa4c1d810aea538254a"},
    {.name = "ds4f-dspark",
     .file = "DeepSeek-V4-Flash-DSpark-support-0731.gguf",
     .family = flash,
     .kind = support,
     .about = "drafter, for --mtp",
     .bytes = 5989114272ULL,
     .is_size_exact = true,
     .sha256 = "7e319924541db3f7a163ed7e11d7532a70d48228ab59d36cb81e1d4511885360"},
    {.name = "ds4f-vision-q2",
     .file = "DeepSeek-V4-Flash-Vision-Exp-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8.gguf",
     .family = vision,
     .kind = main,
     .about = "experts in 2 bits",
     .bytes = 86720111776ULL,
     .is_size_exact = true,
     .sha256 = "8f2d42c0071ccf8a98f391cc2b835fd123f12330690b3059dbb7707920e5ad9e"},
    {.name = "ds4f-vision-q2-q4",
     .file = "DeepSeek-V4-Flash-Vision-Exp-Layers37-42Q4KExperts-OtherExpertLayersIQ2XXSGateUp-"
             "Q2KDown-AProjQ8-SExpQ8-OutQ8.gguf",
     .family = vision,
     .kind = main,
     .about = "2 bits, last layers 4",
     .bytes = 97591747456ULL,
     .sha256 = "cded4517bb9d033e778e8bc4ccf1e79ba96d1c2d2b9f1c071c1d4a9037c51b02"},
    {.name = "ds4f-vision-mxfp4",
     .file = "DeepSeek-V4-Flash-Vision-Exp-MXFP4Experts-F16HC-F16Compressor-F16Indexer-Q8Attn-"
             "Q8Shared-Q8Out.gguf",
     .family = vision,
     .kind = main,
     .about = "experts in MXFP4",
     .bytes = 155976459136ULL,
     .sha256 = "fc1efb96fa26e654b3530ce5f4b926b189a936d41d94dc1903c832f1e18eb3e7"},
    {.name = "ds4f-vision-encoder",
     .file = "DeepSeek-V4-Flash-Vision-Encoder.gguf",
     .family = vision,
     .kind = support,
     .about = "reads pictures",
     .bytes = 932857760ULL,
     .is_size_exact = true,
     .sha256 = "00cd4d81a435364967400a95c42703343e11da6b6f18c5143fe76e1d94d5035f"},
    {.name = "ds4f-vision-dspark",
     .file = "DeepSeek-V4-Flash-Vision-Exp-DSpark-support.gguf",
     .family = vision,
     .kind = support,
     .about = "drafter, for --mtp",
     .bytes = 5990000000ULL,
     .sha256 = "0807a67fd9ce5874bfc60d8d2461f50e11657e3dd94913d3473f85aa679bc877"},
    {.name = "pro-q2",
     .file = "DeepSeek-V4-Pro-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8-Instruct-imatrix-0813.gguf",
     .family = pro,
     .kind = main,
     .about = "experts in 2 bits",
     .bytes = 464627303040ULL,
     .sha256 = "c4d997ab9894b6c78b759f7869fe1726b6314b6515f6ff82607df3797c5eb193"},
    {.name = "pro-q4-layers00-30",
     .file = "DeepSeek-V4-Pro-Q4K-Layers00-30.gguf",
     .family = pro,
     .kind = part,
     .about = "4 bits, first half",
     .bytes = 457521391206ULL,
     .sha256 = "3c4526735ce204a99174059b216db155846b729bf5014c6b86d573323daa3cfa"},
    {.name = "pro-q4-layers31-output",
     .file = "DeepSeek-V4-Pro-Q4K-Layers-31-output.gguf",
     .family = pro,
     .kind = part,
     .about = "4 bits, second half",
     .bytes = 441952134758ULL,
     .sha256 = "41d14e4ccf9a9b777899887ac4d6115b11e5a5125f051e9fa5e727656ad5179b"},
    {.name = "q2",
     .file = "DeepSeek-V4-Flash-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8-chat-v2.gguf",
     .family = flash,
     .kind = main,
     .about = "2 bits, first file",
     .bytes = 86720111488ULL,
     .is_current = false},
    {.name = "q2-imatrix",
     .file = "DeepSeek-V4-Flash-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8-chat-v2-imatrix.gguf",
     .family = flash,
     .kind = main,
     .about = "2 bits, April",
     .bytes = 86720111488ULL,
     .sha256 = "efc7ed607ff27076e3e501fc3fefefa33c0ed8cf1eff483a2b7fdc0c2e616668",
     .is_current = false},
    {.name = "q2-q4-imatrix",
     .file = "DeepSeek-V4-Flash-Layers37-42Q4KExperts-OtherExpertLayersIQ2XXSGateUp-Q2KDown-"
             "AProjQ8-SExpQ8-OutQ8-chat-v2-imatrix-fixed.gguf",
     .family = flash,
     .kind = main,
     .about = "2 and 4 bits, April",
     .bytes = 97591747456ULL,
     .is_current = false},
    {.name = "q4",
     .file = "DeepSeek-V4-Flash-Q4KExperts-F16HC-F16Compressor-F16Indexer-Q8Attn-Q8Shared-Q8Out-"
             "chat-v2.gguf",
     .family = flash,
     .kind = main,
     .about = "4 bits, first file",
     .bytes = 164633502592ULL,
     .is_current = false},
    {.name = "q4-imatrix",
     .file = "DeepSeek-V4-Flash-Q4KExperts-F16HC-F16Compressor-F16Indexer-Q8Attn-Q8Shared-Q8Out-"
             "chat-v2-imatrix.gguf",
     .family = flash,
     .kind = main,
     .about = "4 bits, April",
     .bytes = 164633502592ULL,
     .sha256 = "a2a3b31eca06344b93d32b2095511c4d36f92739a68a599b22047b4b2335d859",
     .is_current = false},
    {.name = "mtp",
     .file = "DeepSeek-V4-Flash-MTP-Q4K-Q8_0-F32.gguf",
     .family = flash,
     .kind = support,
     .about = "older drafter",
     .bytes = 3807602400ULL,
     .is_size_exact = true,
     .sha256 = "afd481ee689dce9037f70f39085fcdae5a5b096d521cdad43b19fa52bf8f4083",
     .is_current = false},
    {.name = "pro-q2-imatrix-first",
     .file = "DeepSeek-V4-Pro-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8-Instruct-imatrix.gguf",
     .family = pro,
     .kind = main,
     .about = "2 bits, before 0813",
     .bytes = 464627303040ULL,
     .is_current = false},
    {.name = "pro-q2-first",
     .file = "DeepSeek-V4-Pro-IQ2XXS-w2Q2K-AProjQ8-SExpQ8-OutQ8-Instruct.gguf",
     .family = pro,
     .kind = main,
     .about = "2 bits, first file",
     .bytes = 464627303040ULL,
     .is_current = false},
};

}  // namespace

std::span<const PublishedFile> catalog() {
  return kFiles;
}

const PublishedFile* find_published(std::string_view name) {
  // As the file was called before there were others.
  if (name == "pro-q2-imatrix") name = "pro-q2";
  const auto found = std::find_if(std::begin(kFiles), std::end(kFiles), [&](const auto& file) {
    return file.name == name || file.file == name;
  });
  return found == std::end(kFiles) ? nullptr : found;
}

}  // namespace ds4::download
