#include "model/forward.h"

#include <algorithm>

#include "base/check.h"
#include "base/lazy_array.h"
#include "device/cpu/cpu_device.h"
#include "model/rope.h"

namespace ds4::model {

namespace {

// Rows whose queries and attention outputs exist at a time: they are the widest of all values, and
// more rows would not make the weights come cheaper.
constexpr std::uint32_t kAttentionRows = 64;

// See StateLayout.
bool keeps_rope_wide(const ModelWeights& weights) {
  const quant::Type type = weights.layers.front().attention.key.type;
  return type == quant::Type::f32 || type == quant::Type::f16 || type == quant::Type::bf16;
}

device::Mix mix_of(const MixWeights& mix) {
  return {&mix.fn, &mix.base, &mix.scale};
}

}  // namespace

// Everything between two operations. Dimensions as in the comments, rows first.
struct Forward::Buffers {
  // Who the rows are.
  std::vector<std::int32_t> tokens;
  std::vector<std::uint64_t> positions;
  std::vector<device::Segment> segments, part_segments;
  std::vector<SessionState*> sessions;                 // of the segments
  std::vector<device::LayerRows> states, part_states;  // of one layer

  LazyArray<float> streams, draft_streams, draft_hidden;  // [4, width]
  LazyArray<float> normed, y;                             // [width]
  LazyArray<float> post, comb;                            // [4], [4, 4]
  LazyArray<float> draft_embedding;                       // [width]

  LazyArray<float> keys;                        // [head_width]
  LazyArray<float> values, scores;              // [compressor width]
  LazyArray<float> index_values, index_scores;  // [2 * index_width]
  LazyArray<float> query_latent;                // [query_rank]
  // Of attention_rows_ only.
  LazyArray<float> queries, attended;             // [heads, head_width]
  LazyArray<float> low;                           // [groups, output_rank]
  LazyArray<float> index_queries, index_weights;  // [index_heads, index_width], [index_heads]
  LazyArray<std::byte> key_rows;                  // packed
  LazyArray<std::uint32_t> chosen;                // [index_top_k]

  LazyArray<float> routes, route_weights;  // [experts], [experts_used]
  LazyArray<std::uint32_t> expert_ids;     // [experts_used]

  LazyArray<float> head_in, logits;  // [width], [vocabulary] of logit rows

  template <class Visit>
  void visit(const Shape& shape, const ForwardOptions& options, const device::RowFormat& format,
             std::size_t part, Visit&& visit);
};

// One layer over one batch.
struct Forward::LayerRun {
  std::uint32_t index;  // in sessions; the drafter's is behind the last
  const LayerWeights& weights;
  const device::Batch& batch;
  float* streams;
  device::Rope rope;
  float clamp, shared_clamp;
  const float* direction = nullptr;
  float direction_scale = 0;
};

Forward::Forward(device::Device& device, const Shape& shape, const ModelWeights& weights,
                 const ForwardOptions& options)
    : device_(device),
      shape_(shape),
      weights_(weights),
      options_(options),
      plain_frequencies_(plain_frequencies(shape)),
      stretched_frequencies_(stretched_frequencies(shape)),
      buffers_(std::make_unique<Buffers>()) {
  CHECK(options.rows_max >= 1 && options.logit_rows_max >= 1);
  format_ = layout().format();
  prepare();
}

Forward::~Forward() = default;

StateLayout Forward::layout() const {
  return {.shape = &shape_,
          .is_packed = options_.round_rows,
          .has_drafter = options_.drafter != nullptr,
          .has_wide_rope = keeps_rope_wide(weights_)};
}

std::uint32_t Forward::rows_max() const {
  return options_.rows_max;
}

std::uint32_t Forward::logit_rows_max() const {
  return options_.logit_rows_max;
}

const Shape& Forward::shape() const {
  return shape_;
}

// Calls visit(buffer, count) for every buffer: the one place that knows their sizes.
template <class Visit>
void Forward::Buffers::visit(const Shape& s, const ForwardOptions& options,
                             const device::RowFormat& format, std::size_t part, Visit&& visit) {
  const std::size_t rows = options.rows_max;
  const std::size_t all_heads = std::size_t{s.heads} * s.head_width;
  visit(streams, rows * kStreams * s.width);
  if (options.drafter != nullptr) {
    visit(draft_streams, rows * kStreams * s.width);
    visit(draft_hidden, rows * kStreams * s.width);
    visit(draft_embedding, rows * s.width);
  }
  visit(normed, rows * s.width);
  visit(y, rows * s.width);
  visit(post, rows * kStreams);
  visit(comb, rows * kStreams * kStreams);
  visit(keys, rows * s.head_width);
  visit(values, rows * s.compressor_width(kIndexedRatio));
  visit(scores, rows * s.compressor_width(kIndexedRatio));
  visit(index_values, rows * 2 * s.index_width);
  visit(index_scores, rows * 2 * s.index_width);
  visit(query_latent, rows * s.query_rank);
  visit(queries, part * all_heads);
  visit(attended, part * all_heads);
  visit(low, part * s.output_groups * s.output_rank);
  visit(index_queries, part * s.index_heads * s.index_width);
  visit(index_weights, part * s.index_heads);
  visit(key_rows, part * format.key_bytes());
  visit(chosen, part * s.index_top_k);
  visit(routes, rows * s.experts);
  visit(route_weights, rows * s.experts_used);
  visit(expert_ids, rows * s.experts_used);
  visit(head_in, std::size_t{options.logit_rows_max} * s.width);
  visit(logits, std::size_t{options.logit_rows_max} * s.vocabulary);
}

namespace {

// What the device must be ready for.
device::Capacity capacity_of(const Shape& s, const ForwardOptions& options,
                             const device::RowFormat& format, std::size_t part) {
  const std::size_t rows = options.rows_max;
  const std::size_t all_heads = std::size_t{s.heads} * s.head_width;
  // The widest input of a product, counted as if all of them had rows_max rows.
  const std::size_t part_width = (part * all_heads + rows - 1) / rows;
  const std::size_t low_width = std::size_t{s.output_groups} * s.output_rank;
  const std::size_t width_max = std::max<std::size_t>(
      {std::size_t{kStreams} * s.width, part_width, low_width, s.query_rank, s.expert_width});
  return {.rows = options.rows_max,
          .width_max = static_cast<std::uint32_t>(width_max),
          .experts_used = s.experts_used,
          .expert_width = s.expert_width,
          .experts = s.experts,
          .heads = s.heads,
          .top_k = s.index_top_k,
          .index_heads = s.index_heads,
          .format = format};
}

}  // namespace

std::uint64_t forward_scratch_bytes(const Shape& shape, const ForwardOptions& options,
                                    int threads) {
  const device::RowFormat format =
      StateLayout{.shape = &shape, .is_packed = options.round_rows}.format();
  const std::uint32_t part = std::min(options.rows_max, kAttentionRows);
  Forward::Buffers buffers;
  std::uint64_t bytes = 0;
  buffers.visit(shape, options, format, part,
                [&](auto& buffer, std::size_t count) { bytes += count * sizeof(*buffer.data()); });
  return bytes + device::cpu_scratch_bytes(capacity_of(shape, options, format, part), threads);
}

void Forward::prepare() {
  const std::uint32_t rows = options_.rows_max;
  attention_rows_ = watcher_ != nullptr ? rows : std::min(rows, kAttentionRows);
  Buffers& b = *buffers_;
  b.tokens.resize(rows);
  b.positions.resize(rows);
  for (auto* segments : {&b.segments, &b.part_segments}) segments->reserve(rows);
  for (auto* states : {&b.states, &b.part_states}) states->reserve(rows);
  b.sessions.reserve(rows);
  b.visit(shape_, options_, format_, attention_rows_,
          [](auto& buffer, std::size_t count) { buffer.reserve(count); });
  device_.prepare(capacity_of(shape_, options_, format_, attention_rows_));
}

void Forward::watch(Watcher* watcher) {
  watcher_ = watcher;
  prepare();
}

void Forward::see(Point point, std::uint32_t layer, const float* values, std::size_t count) {
  if (watcher_ == nullptr) return;
  device_.wait();
  watcher_->see(point, layer, {values, count});
}

bool Forward::evaluate(std::span<const Chunk> chunks, const Steering* steering, Pace* pace) {
  Buffers& b = *buffers_;
  device::Batch batch;
  b.segments.clear();
  b.sessions.clear();
  for (const Chunk& chunk : chunks) {
    if (chunk.tokens.empty()) continue;
    const auto rows = static_cast<std::uint32_t>(chunk.tokens.size());
    CHECK(chunk.tokens.size() <= options_.rows_max - batch.rows);
    const std::uint64_t position = chunk.state->tokens();
    chunk.state->reserve(position + rows);
    b.segments.push_back({batch.rows, rows, position});
    b.sessions.push_back(chunk.state);
    for (std::uint32_t i = 0; i < rows; ++i) {
      const std::int32_t token = chunk.tokens[i];
      CHECK(token >= 0 && static_cast<std::uint32_t>(token) < shape_.vocabulary);
      b.tokens[batch.rows] = token;
      b.positions[batch.rows++] = position + i;
    }
  }
  evaluated_rows_ = batch.rows;
  drafted_rows_ = 0;
  if (batch.rows == 0) return true;
  batch.segments = b.segments;
  batch.tokens = b.tokens.data();
  batch.positions = b.positions.data();

  float* streams = b.streams.data();
  const std::size_t stream_values = std::size_t{batch.rows} * kStreams * shape_.width;
  device_.enter(device::Stage::embedding);
  device_.embed(weights_.embedding, batch.tokens, batch.rows, kStreams, streams);
  for (std::uint32_t i = 0; i < shape_.layers; ++i) {
    see(Point::streams, i, streams, stream_values);
    const bool is_plain = weights_.layers[i].ratio == 0;
    LayerRun run{.index = i,
                 .weights = weights_.layers[i],
                 .batch = batch,
                 .streams = streams,
                 .rope = {is_plain ? plain_frequencies_.data() : stretched_frequencies_.data(),
                          shape_.rope_width / 2},
                 .clamp = shape_.expert_clamps[i],
                 .shared_clamp = shape_.shared_clamps[i]};
    if (steering != nullptr && steering->scale != 0) {
      run.direction = steering->directions.data() + std::size_t{i} * shape_.width;
      run.direction_scale = steering->scale;
    }
    run_layer(run);
    if (pace == nullptr) continue;
    device_.wait();
    if (!pace->go_on(i + 1, shape_.layers)) {
      evaluated_rows_ = 0;
      return false;
    }
  }
  see(Point::streams, shape_.layers, streams, stream_values);
  device_.wait();
  for (std::size_t i = 0; i < b.sessions.size(); ++i) b.sessions[i]->advance(b.segments[i].rows);
  return true;
}

void Forward::run_layer(const LayerRun& run) {
  Buffers& b = *buffers_;
  const Shape& s = shape_;
  const std::uint32_t rows = run.batch.rows;
  b.states.clear();
  for (SessionState* session : b.sessions) b.states.push_back(session->rows(run.index));

  device::CollapseArgs collapse{.mix = mix_of(run.weights.attention_mix),
                                .norm = &run.weights.attention.norm,
                                .streams = run.streams,
                                .rows = rows,
                                .width = s.width,
                                .iterations = s.sinkhorn_iterations,
                                .norm_epsilon = s.norm_epsilon,
                                .mixing_epsilon = s.mixing_epsilon,
                                .normed = b.normed.data(),
                                .post = b.post.data(),
                                .comb = b.comb.data()};
  const std::size_t values = std::size_t{rows} * s.width;
  device_.enter(device::Stage::mixing);
  device_.collapse(collapse);
  see(Point::attention_in, run.index, b.normed.data(), values);
  see(Point::attention_post, run.index, b.post.data(), std::size_t{rows} * kStreams);
  see(Point::attention_comb, run.index, b.comb.data(), std::size_t{rows} * kStreams * kStreams);
  attend(run);
  see(Point::attention_out, run.index, b.y.data(), values);
  device_.enter(device::Stage::mixing);
  device_.expand(b.y.data(), b.post.data(), b.comb.data(), rows, s.width, run.streams);

  collapse.mix = mix_of(run.weights.expert_mix);
  collapse.norm = &run.weights.experts.norm;
  device_.collapse(collapse);
  see(Point::expert_in, run.index, b.normed.data(), values);
  see(Point::expert_post, run.index, b.post.data(), std::size_t{rows} * kStreams);
  see(Point::expert_comb, run.index, b.comb.data(), std::size_t{rows} * kStreams * kStreams);
  run_experts(run);
  see(Point::expert_out, run.index, b.y.data(), values);
  device_.enter(device::Stage::mixing);
  if (run.direction != nullptr) {
    device_.add_direction(run.direction, run.direction_scale, rows, s.width, b.y.data());
  }
  device_.expand(b.y.data(), b.post.data(), b.comb.data(), rows, s.width, run.streams);
}

// What all rows need before any may attend: projections that share the normed input, and the
// compressed rows that the batch completes. Queries see only what their position allows.
void Forward::attend(const LayerRun& run) {
  Buffers& b = *buffers_;
  const Shape& s = shape_;
  const AttentionWeights& w = run.weights.attention;
  const CompressorWeights& compressor = run.weights.compressor;
  const CompressorWeights& indexer = run.weights.indexer.compressor;
  const std::uint32_t rows = run.batch.rows;
  const std::uint32_t ratio = run.weights.ratio;

  const device::Product products[] = {
      {&w.query_a, b.query_latent.data()},   {&w.key, b.keys.data()},
      {&compressor.key, b.values.data()},    {&compressor.gate, b.scores.data()},
      {&indexer.key, b.index_values.data()}, {&indexer.gate, b.index_scores.data()},
  };
  const std::size_t used = ratio == 0 ? 2 : ratio == kIndexedRatio ? 6 : 4;
  device_.enter(device::Stage::attention_inputs);
  device_.multiply(std::span(products).first(used), b.normed.data(), rows);
  device_.rms_norm(b.query_latent.data(), &w.query_a_norm, s.norm_epsilon, rows, s.query_rank,
                   b.query_latent.data());
  device_.enter(device::Stage::compressor);
  const auto compress = [&](bool for_index, const CompressorWeights& weights, const float* values,
                            float* scores) {
    device_.compress(run.batch, {.ratio = ratio,
                                 .for_index = for_index,
                                 .values = values,
                                 .scores = scores,
                                 .ape = &weights.ape,
                                 .norm = &weights.norm,
                                 .epsilon = s.norm_epsilon,
                                 .rope = run.rope,
                                 .format = format_,
                                 .states = b.states});
  };
  if (ratio != 0) compress(false, compressor, b.values.data(), b.scores.data());
  if (ratio == kIndexedRatio) {
    compress(true, indexer, b.index_values.data(), b.index_scores.data());
  }
  for (std::uint32_t row = 0; row < rows; row += attention_rows_) {
    attend_part(run, row, std::min(attention_rows_, rows - row));
  }
}

// A stretch of the batch's rows from queries to the attention's output. Their keys enter the rings
// at the end, where the next stretch finds them.
void Forward::attend_part(const LayerRun& run, std::uint32_t first_row, std::uint32_t rows) {
  Buffers& b = *buffers_;
  const Shape& s = shape_;
  const AttentionWeights& w = run.weights.attention;
  const std::uint32_t end_row = first_row + rows;

  b.part_segments.clear();
  b.part_states.clear();
  bool must_choose = false;
  for (std::size_t i = 0; i < run.batch.segments.size(); ++i) {
    const device::Segment& whole = run.batch.segments[i];
    const std::uint32_t begin = std::max(whole.first_row, first_row);
    const std::uint32_t end = std::min(whole.first_row + whole.rows, end_row);
    if (begin >= end) continue;
    const std::uint64_t position = whole.position + (begin - whole.first_row);
    b.part_segments.push_back({begin - first_row, end - begin, position});
    b.part_states.push_back(b.states[i]);
    must_choose |= run.weights.ratio == kIndexedRatio &&
                   (position + (end - begin)) / kIndexedRatio > s.index_top_k;
  }
  const device::Batch part{.rows = rows,
                           .segments = b.part_segments,
                           .tokens = run.batch.tokens + first_row,
                           .positions = run.batch.positions + first_row};

  const float* latent = b.query_latent.at(std::size_t{first_row} * s.query_rank);
  const device::Product queries[] = {{&w.query_b, b.queries.data()},
                                     {&run.weights.indexer.query_b, b.index_queries.data()}};
  device_.enter(device::Stage::queries);
  device_.multiply(std::span(queries).first(must_choose ? 2 : 1), latent, rows);
  device_.finish_queries(part, s.heads, s.head_width, s.norm_epsilon, run.rope, b.queries.data());
  see(Point::query, run.index, b.queries.data(), std::size_t{rows} * s.heads * s.head_width);
  device_.finish_keys(part, {.x = b.keys.at(std::size_t{first_row} * s.head_width),
                             .norm = &w.key_norm,
                             .epsilon = s.norm_epsilon,
                             .rope = run.rope,
                             .format = format_,
                             .keys = b.key_rows.data()});
  if (must_choose) {
    device_.enter(device::Stage::indexer);
    const device::Product head_weights{&run.weights.indexer.head_weights, b.index_weights.data()};
    device_.multiply({&head_weights, 1}, b.normed.at(std::size_t{first_row} * s.width), rows);
    device_.select(part, {.queries = b.index_queries.data(),
                          .head_weights = b.index_weights.data(),
                          .heads = s.index_heads,
                          .top_k = s.index_top_k,
                          .rope = run.rope,
                          .format = format_,
                          .states = b.part_states,
                          .chosen = b.chosen.data()});
    for (std::uint32_t i = 0; watcher_ != nullptr && i < rows; ++i) {
      if ((part.positions[i] + 1) / kIndexedRatio <= s.index_top_k) continue;
      device_.wait();
      watcher_->see_chosen(run.index, first_row + i,
                           {b.chosen.at(std::size_t{i} * s.index_top_k), s.index_top_k});
    }
  }
  device_.enter(device::Stage::attention);
  device_.attend(part, {.queries = b.queries.data(),
                        .keys = b.key_rows.data(),
                        .heads = s.heads,
                        .window = s.window,
                        .ratio = run.weights.ratio,
                        .top_k = s.index_top_k,
                        .chosen = must_choose ? b.chosen.data() : nullptr,
                        .sinks = &w.sinks,
                        .rope = run.rope,
                        .format = format_,
                        .states = b.part_states,
                        .out = b.attended.data()});
  see(Point::attended, run.index, b.attended.data(), std::size_t{rows} * s.heads * s.head_width);
  device_.keep_keys(part, b.key_rows.data(), format_, b.part_states);

  device_.enter(device::Stage::attention_output);
  device_.multiply_grouped(w.output_a, s.output_groups, b.attended.data(), rows, b.low.data());
  const device::Product output{&w.output_b, b.y.at(std::size_t{first_row} * s.width)};
  device_.multiply({&output, 1}, b.low.data(), rows);
}

void Forward::run_experts(const LayerRun& run) {
  Buffers& b = *buffers_;
  const Shape& s = shape_;
  const ExpertWeights& w = run.weights.experts;
  const std::uint32_t rows = run.batch.rows;

  const device::Product router{&w.router, b.routes.data()};
  device_.enter(device::Stage::router);
  device_.multiply({&router, 1}, b.normed.data(), rows);
  device_.route(run.batch, {.logits = b.routes.data(),
                            .bias = w.bias.present() ? &w.bias : nullptr,
                            .token_table = w.token_table.present() ? &w.token_table : nullptr,
                            .experts = s.experts,
                            .used = s.experts_used,
                            .scale = s.route_scale,
                            .normalize = s.normalize_routes,
                            .ids = b.expert_ids.data(),
                            .weights = b.route_weights.data()});
  const std::size_t slots = std::size_t{rows} * s.experts_used;
  see(Point::route_weights, run.index, b.route_weights.data(), slots);
  if (watcher_ != nullptr) watcher_->see_routes(run.index, {b.expert_ids.data(), slots});
  device_.enter(device::Stage::experts);
  device_.run_experts({.gate = &w.gate,
                       .up = &w.up,
                       .down = &w.down,
                       .shared_gate = &w.shared_gate,
                       .shared_up = &w.shared_up,
                       .shared_down = &w.shared_down,
                       .x = b.normed.data(),
                       .rows = rows,
                       .used = s.experts_used,
                       .ids = b.expert_ids.data(),
                       .weights = b.route_weights.data(),
                       .clamp = run.clamp,
                       .shared_clamp = run.shared_clamp,
                       .out = b.y.data()});
}

std::span<const float> Forward::head_logits(const MixWeights& mix, const Weight& norm,
                                            const float* streams,
                                            std::span<const std::uint32_t> rows) {
  CHECK(rows.size() <= options_.logit_rows_max);
  Buffers& b = *buffers_;
  device_.enter(device::Stage::head);
  device_.collapse_head({.mix = mix_of(mix),
                         .norm = &norm,
                         .streams = streams,
                         .rows = rows,
                         .width = shape_.width,
                         .norm_epsilon = shape_.norm_epsilon,
                         .mixing_epsilon = shape_.mixing_epsilon,
                         .normed = b.head_in.data()});
  const device::Product head{&weights_.head, b.logits.data()};
  device_.multiply({&head, 1}, b.head_in.data(), static_cast<std::uint32_t>(rows.size()));
  device_.wait();
  return {b.logits.data(), rows.size() * shape_.vocabulary};
}

std::span<const float> Forward::logits(std::span<const std::uint32_t> rows) {
  for (const std::uint32_t row : rows) CHECK(row < evaluated_rows_);
  return head_logits(weights_.head_mix, weights_.norm, buffers_->streams.data(), rows);
}

void Forward::draft(SessionState& state, std::uint32_t first_row,
                    std::span<const std::int32_t> next_tokens, bool chained) {
  CHECK(options_.drafter != nullptr);
  const MtpWeights& w = *options_.drafter;
  Buffers& b = *buffers_;
  const Shape& s = shape_;
  const auto rows = static_cast<std::uint32_t>(next_tokens.size());
  CHECK(first_row + rows <= (chained ? drafted_rows_ : evaluated_rows_));
  if (rows == 0) return;

  device::Batch batch{.rows = rows};
  b.segments.assign(1, {0, rows, state.drafter_rows()});
  b.sessions.assign(1, &state);
  for (std::uint32_t i = 0; i < rows; ++i) {
    b.tokens[i] = next_tokens[i];
    b.positions[i] = state.drafter_rows() + i;
  }
  batch.segments = b.segments;
  batch.tokens = b.tokens.data();
  batch.positions = b.positions.data();

  // Each stream: projection of the next token's embedding plus that of the stream before it.
  const std::size_t stream_width = std::size_t{kStreams} * s.width;
  const float* hidden =
      (chained ? b.draft_streams.data() : b.streams.data()) + first_row * stream_width;
  device_.rms_norm(hidden, &w.hidden_norm, s.norm_epsilon, rows * kStreams, s.width,
                   b.draft_hidden.data());
  const device::Product hidden_projection{&w.hidden_projection, b.draft_streams.data()};
  device_.multiply({&hidden_projection, 1}, b.draft_hidden.data(), rows * kStreams);
  device_.embed(weights_.embedding, batch.tokens, rows, 1, b.draft_embedding.data());
  device_.rms_norm(b.draft_embedding.data(), &w.embedding_norm, s.norm_epsilon, rows, s.width,
                   b.draft_embedding.data());
  const device::Product embedding_projection{&w.embedding_projection, b.y.data()};
  device_.multiply({&embedding_projection, 1}, b.draft_embedding.data(), rows);
  // Adding one row to each of four streams is what expand() does with these coefficients.
  std::fill_n(b.post.data(), std::size_t{rows} * kStreams, 1.0f);
  for (std::uint32_t i = 0; i < rows * kStreams * kStreams; ++i) {
    b.comb.data()[i] = i / kStreams % kStreams == i % kStreams ? 1.0f : 0.0f;
  }
  device_.expand(b.y.data(), b.post.data(), b.comb.data(), rows, s.width, b.draft_streams.data());

  see(Point::streams, s.layers + 1, b.draft_streams.data(), rows * stream_width);
  run_layer({.index = s.layers,
             .weights = w.layer,
             .batch = batch,
             .streams = b.draft_streams.data(),
             .rope = {plain_frequencies_.data(), s.rope_width / 2},
             .clamp = s.expert_clamps.back(),
             .shared_clamp = s.shared_clamps.back()});
  see(Point::streams, s.layers + 2, b.draft_streams.data(), rows * stream_width);
  device_.wait();
  drafted_rows_ = rows;
  state.advance_drafter(rows);
}

std::span<const float> Forward::draft_logits(std::span<const std::uint32_t> rows) {
  CHECK(options_.drafter != nullptr);
  for (const std::uint32_t row : rows) CHECK(row < drafted_rows_);
  return head_logits(options_.drafter->head_mix, options_.drafter->norm,
                     buffers_->draft_streams.data(), rows);
}

}  // namespace ds4::model
