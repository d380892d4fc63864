// An OpenID provider on this machine for tests: two issuers of the same people, and a door through which tests turn
// its switches. `full` puts claims in the ID token and gives refresh tokens; `lean` does neither.
//
//   PROVIDER_MODULES=folder FULL_PORT=1 LEAN_PORT=2 APPS=http://127.0.0.1:3 node provider.mjs
//
// POST /control on the first port takes JSON: {"people": {id: {claim: value}}}, {"deny": true}, {"down": true or a path},
// {"forget": id} (its sessions and refresh tokens are over), {"announce": id} (and the app is told). GET gives a log.
import http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { Provider } = await import(pathToFileURL(join(process.env.PROVIDER_MODULES, 'oidc-provider/lib/provider.js')))
  .then((module) => ({ Provider: module.Provider ?? module.default }));
const APPS = process.env.APPS.split(',');
const CLIENT = 'samepage';

const groups = (...names) => ({ groups: names });
const people = {
  mia: { email: 'mia@example.test', name: 'Mia Marketer', ...groups('mk-marketing'), markets: ['DE', 'AT'] },
  omar: { email: 'omar@example.test', name: 'Omar Ops', ...groups('mk-marketing', 'mk-mops') },
  ada: { email: 'ada@example.test', name: 'Ada Admin', ...groups('samepage-admins') },
  lou: { email: 'lou@example.test', name: 'Lou Lean', ...groups('mk-marketing') },
  noa: { email: 'noa@example.test', name: 'Noa Nobody', ...groups('canteen') },
  una: { email: 'una@example.test', name: 'Una Unproven', ...groups('mk-marketing'), email_verified: false },
  rob: { email: 'rob@rival.test', name: 'Rob Rival', ...groups('samepage-admins') },
  mimi: { email: 'mia@example.test', name: 'Mimi, with the address of Mia', ...groups('samepage-admins') },
  big: {
    email: 'big@example.test', name: 'Bea Big',
    groups: [...Array.from({ length: 799 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`), 'mk-marketing'],
  },
  ove: { email: 'ove@example.test', name: 'Ove Over', _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example.test' } } },
};
const switches = { deny: false, down: false };
const sids = new Map();
const log = [];

class Memory { // What the library keeps, held here so that a person's part of it can be taken away.
  static all = new Map();
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload) { Memory.all.set(this.key(id), payload); }
  async find(id) { return Memory.all.get(this.key(id)); }
  async findByUserCode() { return undefined; }
  async findByUid(uid) { return [...Memory.all.entries()].find(([key, one]) => key.startsWith(`${this.name}:`) && one.uid === uid)?.[1]; }
  async consume(id) { const found = Memory.all.get(this.key(id)); if (found) found.consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { Memory.all.delete(this.key(id)); }
  async revokeByGrantId(grant) { for (const [key, one] of Memory.all) if (one.grantId === grant) Memory.all.delete(key); }
}

function issuer(port, { lean }) {
  const scopes = ['openid', 'email', 'profile', 'groups', ...(lean ? [] : ['offline_access'])];
  const adapter = class extends Memory { constructor(name) { super(`${port}:${name}`); } };
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    adapter,
    clients: [{
      client_id: CLIENT,
      client_secret: 'only for tests, and long enough for them',
      redirect_uris: APPS.map((app) => `${app}/auth/callback`),
      post_logout_redirect_uris: APPS.map((app) => `${app}/`),
      response_types: ['code'],
      grant_types: lean ? ['authorization_code'] : ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: lean ? 'client_secret_post' : 'client_secret_basic',
      backchannel_logout_uri: `${APPS[0]}/auth/ended`,
      backchannel_logout_session_required: true,
    }],
    scopes,
    claims: {
      openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'],
      groups: ['groups', 'markets', '_claim_names', '_claim_sources'],
    },
    conformIdTokenClaims: lean,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    fetch: (url, { dispatcher, ...options }) => fetch(url, options), // the app is on this machine, which it guards against
    pkce: { required: () => true },
    ttl: { IdToken: 300, AccessToken: 300, Session: 3600, Grant: 3600, Interaction: 600, AuthorizationCode: 60, RefreshToken: 3600 },
    cookies: { keys: ['only for tests'], names: { session: `session${port}`, interaction: `interaction${port}`, resume: `resume${port}` } },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => { ctx.body = `<h1>Sign out of the provider?</h1>${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Yes, sign out</button>`; },
      },
    },
    interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
    findAccount: (_, id) => people[id] && { accountId: id, claims: async () => ({ sub: id, email_verified: true, ...people[id] }) },
    loadExistingGrant: async (ctx) => {
      const { session, client, provider: here } = ctx.oidc;
      const id = session.grantIdFor(client.clientId);
      const found = id && await here.Grant.find(id);
      if (found) return found;
      const grant = new here.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(scopes.join(' '));
      await grant.save();
      return grant;
    },
  });
  provider.on('authorization.success', (ctx) => {
    const person = ctx.oidc.session.accountId;
    sids.set(`${port}:${person}`, ctx.oidc.session.sidFor(CLIENT));
    log.push({ port, did: 'authorized', person, challenge: ctx.oidc.params.code_challenge_method, prompt: ctx.oidc.params.prompt });
  });
  provider.on('grant.success', (ctx) => log.push({ port, did: ctx.oidc.params.grant_type, person: ctx.oidc.entities.Account?.accountId, at: Date.now() }));
  for (const event of ['authorization.error', 'grant.error', 'backchannel.error', 'server_error', 'end_session.error']) {
    provider.on(event, (_, error) => log.push({ port, did: event, error: String(error?.error_description ?? error?.stack ?? error) }));
  }
  const answer = provider.callback();
  http.createServer({ maxHeaderSize: 131072 }, async (request, response) => {
    if (request.url === '/control') return control(request, response);
    if (request.url === '/favicon.ico') { response.statusCode = 204; return response.end(); }
    if (switches.down === true || (switches.down && request.url.startsWith(switches.down))) { response.statusCode = 503; return response.end('down'); }
    return request.url.startsWith('/login/') ? login(provider, request, response) : answer(request, response);
  }).listen(port, '127.0.0.1', () => console.log(`ready ${port}`));
  return provider;
}

async function login(provider, request, response) {
  try {
    const interaction = await provider.interactionDetails(request, response);
    if (request.method === 'POST') {
      const person = new URLSearchParams(await body(request)).get('person');
      const result = switches.deny || !people[person]
        ? { error: 'access_denied', error_description: '<b>words of the provider</b>' }
        : { login: { accountId: person } };
      return await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    }
    response.setHeader('content-type', 'text/html');
    return response.end(`<title>Provider</title><h1>Who are you? (${interaction.prompt.name})</h1><form method="post"><input name="person" id="person"><button id="go">Go on</button></form>`);
  } catch (error) {
    response.statusCode = 400;
    return response.end(String(error));
  }
}

async function control(request, response) {
  if (request.method === 'POST') {
    const { people: changed = {}, forget, announce, ...turned } = JSON.parse(await body(request));
    for (const [id, claims] of Object.entries(changed)) people[id] = { ...people[id], ...claims };
    Object.assign(switches, turned);
    if (forget) for (const [key, one] of Memory.all) if (one.accountId === forget) Memory.all.delete(key);
    if (announce) {
      for (const [port, provider] of issuers) {
        const client = await provider.Client.find(CLIENT);
        const sid = sids.get(`${port}:${announce}`);
        if (sid) await client.backchannelLogout(announce, sid).catch((error) => log.push({ port, did: 'announce', error: String(error.cause ?? error) }));
      }
    }
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(log));
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

const issuers = new Map();
issuers.set(Number(process.env.FULL_PORT), issuer(Number(process.env.FULL_PORT), { lean: false }));
issuers.set(Number(process.env.LEAN_PORT), issuer(Number(process.env.LEAN_PORT), { lean: true }));
