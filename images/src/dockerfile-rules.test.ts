import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { dockerfileRules, lintDockerfile } from './dockerfile-rules.ts'

const folder = new URL('../', import.meta.url)
const base = `node:24-bookworm-slim@sha256:${'6f'.repeat(32)}`
const good = `FROM ${base} AS build
WORKDIR /app
COPY package.json ./
RUN npm ci --ignore-scripts
FROM ${base}
COPY --from=build /app /app
LABEL org.opencontainers.image.version="1"
ENV HOST=0.0.0.0
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["node", "check.mjs"]
USER 65532:65532
ENTRYPOINT ["node", "main.js"]
`

/** For each rule, edits of which each alone breaks it: what stands there, and what in its place. */
const breaks: Record<string, [string, string][]> = {
  'digest-pinned': [[base, 'node:24-bookworm-slim']],
  'one-base': [[`FROM ${base}\n`, `FROM ${base.replaceAll('6f', '7f')}\n`]],
  complete: [
    ['HEALTHCHECK CMD ["node", "check.mjs"]\n', ''],
    ['USER 65532:65532\n', ''],
    ['STOPSIGNAL SIGTERM\n', ''],
  ],
  unprivileged: [
    ['65532:65532', '0:0'],
    ['65532:65532', 'node'],
    ['65532:65532', '65532'],
  ],
  'root-owns-all': [
    ['COPY --from=build', 'COPY --chown=65532:65532 --from=build'],
    ['USER 65532:65532\n', 'USER 65532:65532\nCOPY later.json /app/\n'],
  ],
  'no-add': [['COPY package.json ./', 'ADD https://example.com/package.json ./']],
  'no-secret': [
    ['ENV HOST=0.0.0.0', 'ENV HOST=0.0.0.0 INTERNAL_TOKEN=letters'],
    ['WORKDIR /app', 'ARG NPM_TOKEN\nWORKDIR /app'],
  ],
  'json-form': [['ENTRYPOINT ["node", "main.js"]', 'ENTRYPOINT node main.js']],
  'locked-install': [
    ['npm ci --ignore-scripts', 'npm install --ignore-scripts'],
    ['npm ci --ignore-scripts', 'npm ci'],
    ['RUN npm ci --ignore-scripts', 'RUN ["npm", "install", "left-pad"]'],
    ['npm ci --ignore-scripts', 'apt-get update && npm ci --ignore-scripts'],
  ],
  'dockerfile-utils': [['STOPSIGNAL SIGTERM', 'STOPSIGNAL']],
}

test('a Dockerfile that keeps every rule has no finding', () => {
  assert.deepEqual(lintDockerfile(good), [])
})

test('every rule finds what breaks it', () => {
  assert.deepEqual(Object.keys(breaks), [...dockerfileRules.map(({ name }) => name), 'dockerfile-utils'])
  for (const [rule, edits] of Object.entries(breaks)) {
    for (const [find, replacement] of edits) {
      assert.ok(good.includes(find), find)
      const found = lintDockerfile(good.replace(find, replacement)).map((finding) => finding.rule)
      assert.ok(found.includes(rule), `${rule} does not find “${replacement}”, only ${found.join(', ') || 'nothing'}`)
    }
  }
})

test('FinCore’s Dockerfiles have no finding', () => {
  const files = globSync('*.Dockerfile', { cwd: folder })
  assert.equal(files.length, 2)
  for (const file of files) assert.deepEqual(lintDockerfile(readFileSync(new URL(file, folder), 'utf8')), [], file)
})
