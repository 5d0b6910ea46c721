// The npm tokenizers that load the same tokenizer.json, on the texts of bench_text, with their ids
// compared with ours. How to run: see bench/README.md.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, texts, file] = process.argv.slice(2);
if (!file) {
  console.error('usage: compare_tokenizers.mjs NODE_MODULES TEXTS TOKENIZER.json');
  process.exit(2);
}
const require = createRequire(path.resolve(modules) + '/');
const load = async (name) => {
  const module = await import(pathToFileURL(require.resolve(name)).href);
  return { ...module.default, ...module };
};
const json = readFileSync(file, 'utf8');

// Each gives a function from text to ids.
const rivals = {
  // The reference implementation, in Rust, as a native module.
  'tokenizers (native)': async () => {
    const { Tokenizer } = await load('tokenizers');
    const tokenizer = await Tokenizer.fromFile(file);
    return async (text) =>
      (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds();
  },
  '@huggingface/tokenizers (JavaScript)': async () => {
    const { Tokenizer } = await load('@huggingface/tokenizers');
    const tokenizer = new Tokenizer(JSON.parse(json), {});
    return async (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  },
  '@lenml/tokenizers (JavaScript)': async () => {
    const { TokenizerLoader } = await load('@lenml/tokenizers');
    const tokenizer = TokenizerLoader.fromPreTrained({
      tokenizerJSON: JSON.parse(json),
      tokenizerConfig: { tokenizer_class: 'PreTrainedTokenizer' },
    });
    return async (text) => tokenizer.encode(text, { add_special_tokens: false });
  },
  'kitoken (WebAssembly)': async () => {
    const { Kitoken } = await load('kitoken/node');
    const tokenizer = new Kitoken(readFileSync(file));
    return async (text) => tokenizer.encode(text, false);
  },
};

const kBytes = Number(process.env.BYTES ?? 1 << 20);
for (const name of ['english', 'code', 'chinese', 'mixed']) {
  // The start of the text up to a line's end, and our ids of it.
  const whole = readFileSync(path.join(texts, `${name}.txt`));
  const text = whole.subarray(0, whole.lastIndexOf('\n', kBytes)).toString('utf8');
  const size = Buffer.byteLength(text);
  const ours = readFileSync(path.join(texts, `${name}.ids`), 'utf8').split('\n', 2e6).map(Number);
  for (const [rival, make] of Object.entries(rivals)) {
    try {
      const encode = await make();
      let ids = await encode(text);
      let best = Infinity;
      for (let run = 0; run < 3; ++run) {
        // Processor time, as bench_text counts, so that a busy machine treats both alike.
        const from = process.cpuUsage();
        ids = await encode(text);
        const { user, system } = process.cpuUsage(from);
        best = Math.min(best, (user + system) / 1e6);
      }
      // The last piece may differ: the cut is ours.
      const count = Math.max(0, ids.length - 8);
      let equal = count > 0;
      for (let i = 0; i < count; ++i) equal &&= Number(ids[i]) === ours[i];
      console.log(JSON.stringify({ text: name, tokenizer: rival,
        mib_per_second: +(size / best / (1 << 20)).toFixed(2), ids_equal_ours: equal }));
    } catch (error) {
      console.log(JSON.stringify({ text: name, tokenizer: rival, error: String(error).slice(0, 200) }));
    }
  }
}
