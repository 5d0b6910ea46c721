// The model that is used when nobody names one, and the folder where models are kept.
#pragma once

#include <string>

#include "ds4/result.h"

namespace ds4::download {

// models in the user's data folder; it may not exist yet.
Result<std::string> models_folder();

// An absolute path; empty if none was chosen. The file may be gone.
Result<std::string> default_model();
Result<void> set_default_model(const std::string& path);

}  // namespace ds4::download
