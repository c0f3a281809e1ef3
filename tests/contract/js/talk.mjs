// Google's JavaScript SDK, unmodified, plays one scenario and prints what it saw as JSON lines.
//
//   node talk.mjs URL SCENARIO
//
// The service's authority comes in by NODE_EXTRA_CA_CERTS. The exit code is 0 when the
// scenario could be played; whether it is right is judged by the test that reads the lines.

import { createRequire } from 'node:module';

const require = createRequire(`${process.env.KIOSK_SDK_DIR}/`);
const { Behavior, GoogleGenAI, Modality, Type } = require('@google/genai');

const [url, scenario] = process.argv.slice(2);
const model = 'gemini-3.8-live';
const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: url } });

const config = {
  responseModalities: [Modality.AUDIO],
  systemInstruction: 'You are a kiosk.',
  inputAudioTranscription: {},
  outputAudioTranscription: {},
  sessionResumption: {},
  realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
  contextWindowCompression: { triggerTokens: '25600', slidingWindow: { targetTokens: '12800' } },
  tools: [{
    functionDeclarations: [{
      name: 'get_order_status',
      description: 'Status of an order: where it is and when it arrives.',
      behavior: Behavior.BLOCKING,
      parameters: {
        type: Type.OBJECT,
        properties: { order_id: { type: Type.STRING, description: 'Order number, like ORD-12345' } },
        required: ['order_id'],
      },
    }],
  }],
};

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

/** Opens a session; `next` gives message after message and rejects when the socket closes. */
async function open(overrides = {}) {
  const arrived = [];
  const waiting = [];
  let end = null;
  const settle = () => {
    while (waiting.length && (arrived.length || end)) {
      const { resolve, reject } = waiting.shift();
      if (arrived.length) resolve(arrived.shift());
      else reject(end);
    }
  };
  const closed = (code, reason) => {
    end = Object.assign(new Error(`closed ${code} ${reason}`), { code, reason });
    settle();
  };
  const session = await new Promise((resolve, reject) => {
    client.live.connect({
      model: overrides.model ?? model,
      config: { ...config, ...overrides.config },
      callbacks: {
        onmessage: (message) => { arrived.push(message); settle(); },
        onerror: (error) => reject(error.error ?? new Error(error.message)),
        onclose: (event) => {
          closed(event.code, event.reason);
          reject(end); // connect() itself never settles when the setup is refused
        },
      },
    }).then(resolve, reject);
  });
  const next = () => new Promise((resolve, reject) => { waiting.push({ resolve, reject }); settle(); });
  return { session, next };
}

/** Tells what happens up to the end of a turn, and answers tool calls. */
async function turn({ session, next }) {
  const seen = { event: 'turn', heard: '', words: '', audioBytes: 0, calls: [], order: [] };
  for (;;) {
    const message = await next();
    const content = message.serverContent ?? {};
    const kinds = [...Object.keys(message), ...Object.keys(content)]
      .filter((kind) => kind !== 'serverContent');
    seen.order.push(...kinds.filter((kind) => seen.order.at(-1) !== kind));
    seen.heard += content.inputTranscription?.text ?? '';
    seen.words += content.outputTranscription?.text ?? '';
    if (message.data) seen.audioBytes += Buffer.from(message.data, 'base64').length;
    for (const call of message.toolCall?.functionCalls ?? []) {
      seen.calls.push({ name: call.name, args: call.args });
      session.sendToolResponse({
        functionResponses: [{
          id: call.id,
          name: call.name,
          response: {
            status: 'found', retryable: false, say: 'It is out for delivery and due today by 7 pm.',
          },
        }],
      });
    }
    if (content.turnComplete) {
      seen.totalTokens = message.usageMetadata?.totalTokenCount;
      tell(seen);
      return;
    }
  }
}

const ask = (session, text) => session.sendClientContent({ turns: text, turnComplete: true });

const scenarios = {
  async order() {
    const live = await open();
    tell({ event: 'setup', message: await live.next() });
    ask(live.session, 'Where is my order ORD-88421?');
    await turn(live);
    let update;
    do update = (await live.next()).sessionResumptionUpdate; while (!update?.newHandle);
    live.session.close();
    const again = await open({ config: { sessionResumption: { handle: update.newHandle } } });
    await again.next();
    ask(again.session, 'And when will it arrive?');
    await turn(again);
    again.session.close();
  },
  async aloud() {
    const live = await open();
    await live.next();
    live.session.sendRealtimeInput({ activityStart: {} });
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    const pcm = Buffer.concat(chunks);
    for (let at = 0; at < pcm.length; at += 3200) {
      const data = pcm.subarray(at, at + 3200).toString('base64');
      live.session.sendRealtimeInput({ audio: { data, mimeType: 'audio/pcm;rate=16000' } });
    }
    live.session.sendRealtimeInput({ activityEnd: {} });
    await turn(live);
    live.session.close();
  },
  async refusals() {
    const cases = [
      { model: 'no-such-model' },
      { config: { responseModalities: [Modality.TEXT] } },
      { config: { thinkingConfig: { thinkingBudget: 0 } } },
      { config: { sessionResumption: { handle: 'nonsense' } } },
    ];
    for (const overrides of cases) {
      try {
        await open(overrides);
        tell({ event: 'accepted' });
      } catch (error) {
        tell({ event: 'refused', code: error.code, reason: error.reason });
      }
    }
  },
};

await scenarios[scenario]();
process.exit(0);
