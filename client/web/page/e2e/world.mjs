// A small world of real programs for the browser tests: a server, an administrator, laptops with their
// pages, and a real Chromium. Everything lives in one temporary folder and ends with `close`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const PASSPHRASE = 'uma senha de teste com girassol';
const BIN = process.env.AUTOCUSTO_PROGRAMS;
/// How long anything may take before a test gives it up; a person who writes one may want less.
const PATIENCE = Number(process.env.AUTOCUSTO_PATIENCE ?? 300000);
const CHROMIUM = process.env.AUTOCUSTO_CHROMIUM ?? '/usr/bin/chromium';

async function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function environment() {
  const env = { ...process.env, AUTOCUSTO_PASSPHRASE: PASSPHRASE, LC_ALL: 'C.UTF-8' };
  delete env.AUTOCUSTO_HOME;
  return env;
}

/// Starts a program and waits for a line that matches; everything it prints is kept in `output`.
async function startProgram(argv, pattern) {
  const child = spawn(argv[0], argv.slice(1), { env: environment() });
  const running = { child, output: '', ended: false };
  running.end = new Promise((resolve) => {
    child.on('exit', (code) => {
      running.ended = true;
      resolve(code);
    });
  });
  running.line = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${argv[0]} is silent:\n${running.output}`)), 300000);
    const take = (text) => {
      running.output += text;
      const match = pattern.exec(running.output);
      if (match) {
        clearTimeout(timer);
        resolve(match);
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    running.end.then(() => reject(new Error(`${argv[0]} ended:\n${running.output}`)));
  });
  return running;
}

/// One profile with its page.
export class Laptop {
  constructor(world, name) {
    this.world = world;
    this.home = join(world.folder, name);
    this.ui = null;
  }
  /// Runs a command with --json and gives back what it printed; throws unless it ends with `exit`.
  run(args, { exit = 0, input = '' } = {}) {
    const done = spawnSync(join(BIN, 'autocusto'), ['--home', this.home, '--json', ...args], {
      env: environment(),
      input,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
    if (done.status !== exit) throw new Error(`autocusto ${args.join(' ')}: ${done.status}\n${done.stdout}${done.stderr}`);
    return JSON.parse(done.stdout);
  }
  async startUi() {
    const started = await startProgram(
      [join(BIN, 'autocusto'), '--home', this.home, '--json', 'ui', '--no-open'],
      /"url":\s*"([^"]+)"/,
    );
    this.ui = started;
    this.url = started.line[1];
    this.origin = new URL(this.url).origin;
    return this.url;
  }
  async stopUi() {
    if (!this.ui) return;
    if (!this.ui.ended) this.ui.child.kill('SIGTERM');
    await this.ui.end;
    this.ui = null;
  }
  /// A fresh start link of the page that runs.
  link() {
    return this.run(['ui', '--no-open']).url;
  }
}

export class World {
  static async create() {
    const world = new World();
    world.folder = mkdtempSync(join(tmpdir(), 'autocusto-page-'));
    world.port = await freePort();
    world.laptops = [];
    const made = world.server(['init', '--admin', 'admin@clinica.test', '--listen', `127.0.0.1:${world.port}`, '--name', 'localhost', '--name', '127.0.0.1']);
    await world.startServer();
    world.admin(['enroll', made.enrollment_link]);
    world.browser = await chromium.launch({
      executablePath: CHROMIUM,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    return world;
  }
  tool(name, args) {
    const done = spawnSync(join(BIN, name), args, { env: environment(), encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${done.status}\n${done.stdout}${done.stderr}`);
    return JSON.parse(done.stdout);
  }
  server(args) {
    return this.tool('autocusto-server', [...args, '--data', join(this.folder, 'server'), '--json']);
  }
  admin(args) {
    return this.tool('autocusto-admin', ['--home', join(this.folder, 'admin'), '--json', ...args]);
  }
  async startServer() {
    this.serving = await startProgram(
      [join(BIN, 'autocusto-server'), 'serve', '--data', join(this.folder, 'server'), '--metrics', `127.0.0.1:${await freePort()}`],
      /listening on/,
    );
  }
  async stopServer() {
    this.serving.child.kill('SIGTERM');
    await this.serving.end;
  }
  addDoctor(email) {
    return this.admin(['user', 'add', email, '--role', 'doctor']).enrollment_link;
  }
  newLink(email) {
    return this.admin(['enrollment', 'new', email]).enrollment_link;
  }
  laptop(name) {
    const made = new Laptop(this, name);
    this.laptops.push(made);
    return made;
  }
  /// A fresh browser profile. Whatever the page says on the console counts as a fault.
  async context(options = {}) {
    const context = await this.browser.newContext({ locale: 'pt-BR', timezoneId: 'America/Sao_Paulo', viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    context.faults = [];
    context.requests = [];
    context.on('page', (page) => {
      page.on('console', (message) => context.faults.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => context.faults.push(`error: ${error.message}`));
      page.on('request', (request) => context.requests.push(request.url()));
    });
    return context;
  }
  async close() {
    await this.browser?.close();
    for (const laptop of this.laptops) await laptop.stopUi();
    if (this.serving && !this.serving.ended) await this.stopServer();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/// Waits until `check` gives something true, looking again and again until the deadline.
export async function eventually(what, check, deadline = 400000) {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
