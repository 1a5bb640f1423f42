// The AI SDK against the server of the first argument, unmodified: a tool loop, plain and streamed, and a hosted search.
// It prints one JSON object a line: {"case", "text", "called"}; `called` counts the calls of the tool.
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const QUESTION = "What is the weather in Paris?";
const openai = createOpenAI({ baseURL: process.argv[2], apiKey: "none" });
const model = openai.responses("mock-1");

const called = [];
const tools = {
  get_weather: tool({
    description: "Tells the weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      called.push(city);
      return "It is sunny.";
    },
  }),
};

function tell(name, text) {
  console.log(JSON.stringify({ case: name, text, called: called.splice(0).length }));
}

const plain = await generateText({ model, prompt: QUESTION, tools, stopWhen: stepCountIs(5) });
tell("plain", plain.text);

// Without storage the SDK sends every item back as it came, and not by reference.
const providerOptions = { openai: { store: false } };
const unstored = await generateText({ model, prompt: QUESTION, tools, stopWhen: stepCountIs(5), providerOptions });
tell("unstored", unstored.text);

const streamed = streamText({
  model,
  prompt: QUESTION,
  tools,
  stopWhen: stepCountIs(5),
  onError: ({ error }) => {
    throw error;
  },
});
let text = "";
for await (const piece of streamed.textStream) text += piece;
tell("streamed", text);

const searched = await generateText({
  model,
  prompt: "What is the capital of Ireland?",
  tools: { web_search: openai.tools.webSearch({}) },
});
tell("searched", searched.sources.map((source) => source.url).join(" "));

const filled = await generateText({
  model,
  prompt: "Fill it in.",
  output: Output.object({ schema: z.object({ city: z.string(), degrees: z.number() }) }),
});
tell("filled", JSON.stringify(filled.output));
