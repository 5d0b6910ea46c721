// Files of a direction: what is added to the output of a layer's experts to steer what a model
// says. docs/formats/steering.md describes them.
#pragma once

#include <string>

#include "ds4/result.h"
#include "model/forward.h"
#include "model/shape.h"

namespace ds4::engine {

// Far beyond what leaves sense in an answer.
inline constexpr float kSteeringScaleMax = 100;
Result<void> check_steering_scale(float scale);

// Layers that the file does not name get no push. Messages begin with the path.
Result<model::Steering> read_steering(const std::string& path, const model::Shape& shape);

// `steering` has a direction, perhaps of zeros, for every layer of the shape; zeros are left out.
Result<void> write_steering(const std::string& path, const model::Shape& shape,
                            const model::Steering& steering);

}  // namespace ds4::engine
