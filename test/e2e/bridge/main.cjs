// Test only: runs functions sent by the test process with the vscode API at hand.
const { createServer } = require('node:http');
const { text } = require('node:stream/consumers');
const vscode = require('vscode');

exports.activate = (context) => {
  const server = createServer(async (request, response) => {
    try {
      const { code, args } = JSON.parse(await text(request));
      const result = await new Function('vscode', 'args', `return (${code})(vscode, ...args)`)(vscode, args);
      response.end(JSON.stringify({ result: result ?? null }));
    } catch (error) {
      response.end(JSON.stringify({ error: String(error?.stack ?? error) }));
    }
  }).listen(process.env.E2E_BRIDGE);
  context.subscriptions.push({ dispose: () => server.close() });
};
