import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { pathInRepository } from '@fincore/dev/managed-process'
import { type AssembledImage, assembleImage } from './assemble-image.ts'
import { enterRoot } from './enter-root.ts'
import { listInstalled } from './installed-packages.ts'
import { readIgnoreFile } from './read-ignore-file.ts'

// On the repository's disk: what is copied costs nothing there.
const cache = pathInRepository('node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'assemble-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const ignored = '**\n!kept\n!images/start.sh\n**/*.test.ts\n'
let count = 0

/** Assembles an image from a Dockerfile, in a repository of its own of a few files. */
function assemble(dockerfile: string): AssembledImage {
  count += 1
  const repository = join(folder, `repository-${count}`)
  const files: Record<string, string> = {
    'images/card-relay.Dockerfile': dockerfile,
    'images/card-relay.Dockerfile.dockerignore': ignored,
    'kept/a.txt': 'a',
    'kept/deep/b.txt': 'b',
    'kept/deep/b.test.ts': 'b',
    'secret.txt': 'secret',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true })
    writeFileSync(join(repository, path), text)
  }
  return assembleImage({ name: 'card-relay', repository, into: join(folder, `image-${count}`), install: 'copy' })
}

test('stages, copies, environment and entry come out as an engine makes them', () => {
  const { root, config } = assemble(`FROM base AS build
WORKDIR /app
COPY kept kept
RUN ["sh", "-c", "echo made > kept/made.txt"]
FROM base
WORKDIR /app
COPY --from=build /app/kept kept
COPY kept/a.txt kept/deep/b.txt named/
COPY kept/a.txt renamed.txt
ENV HOST=0.0.0.0 NAME="two words"
USER 65532:65532
ENTRYPOINT ["sh", "start.sh"]
CMD ["--roles", "api"]
`)
  const read = (path: string) => readFileSync(join(root, 'app', path), 'utf8')
  assert.deepEqual(['kept/made.txt', 'kept/deep/b.txt', 'named/a.txt', 'named/b.txt', 'renamed.txt'].map(read), [
    'made\n',
    'b',
    'a',
    'b',
    'a',
  ])
  assert.equal(existsSync(join(root, 'app/kept/deep/b.test.ts')), false)
  assert.deepEqual(config, {
    env: { HOST: '0.0.0.0', NAME: 'two words' },
    workdir: '/app',
    user: '65532:65532',
    entrypoint: ['sh', 'start.sh'],
    command: ['--roles', 'api'],
    healthCheck: [],
  })
})

test('a process in an image is the image’s user, can do nothing as root, and writes nowhere but in /tmp', () => {
  const { root, config } = assemble('FROM base\nCOPY kept /app\nUSER 65532:65532\nENTRYPOINT ["sh"]\n')
  const look = 'sed -n "/^Uid/p;/^CapEff/p;/^NoNewPrivs/p" /proc/self/status; echo x > /tmp/x && echo x > /app/x'
  const entry = { root, workdir: '/', user: config.user, readOnly: true, mounts: [] }
  const [program = '', ...rest] = enterRoot(entry, ['sh', '-c', look])
  const { stdout, stderr, status } = spawnSync(program, rest, { encoding: 'utf8' })
  const isRoot = process.getuid?.() === 0
  assert.match(stdout, isRoot ? /^Uid:\s65532\s65532\s65532\s65532$/m : /^Uid:/m)
  assert.match(stdout, /^CapEff:\s0000000000000000$/m)
  assert.match(stdout, /^NoNewPrivs:\s1$/m)
  assert.match(stderr, /\/app\/x: Read-only file system/)
  assert.notEqual(status, 0)
  assert.equal(existsSync(join(root, 'tmp/x')), false)
})

const refused: [what: string, dockerfile: string, says: RegExp][] = [
  [
    'a file that is not there',
    'FROM base\nCOPY kept/none.txt /\n',
    /card-relay\.Dockerfile, line 2: nothing of kept\/none\.txt/,
  ],
  ['a file that .dockerignore hides', 'FROM base\nCOPY secret.txt /\n', /line 2: nothing of secret\.txt/],
  [
    'a file of another stage that is not there',
    'FROM base AS a\nFROM base\nCOPY --from=a /none /\n',
    /line 3: nothing of \/none/,
  ],
  ['a stage that is not there', 'FROM base\nCOPY --from=a /none /\n', /line 2: there is no stage a/],
  ['a step that fails', 'FROM base\nRUN ["sh", "-c", "echo why >&2; exit 3"]\n', /line 2: sh -c .*: why/],
  ['a program that is not there', 'FROM base\nRUN curl https://example.com\n', /line 2: .*curl: not found/],
  ['an instruction that it does not know', 'FROM base\nVOLUME /data\n', /line 2: VOLUME is not known/],
]
for (const [what, dockerfile, says] of refused) {
  test(`${what} ends the build, with the line`, () => {
    assert.throws(() => assemble(dockerfile), says)
  })
}

test('.dockerignore hides and takes in as an engine does: the last line that matches decides', () => {
  const file = join(folder, 'ignore')
  writeFileSync(file, '# all\n**\n!docs\n!one/two.ts\ndocs/private\n**/*.test.ts\n!docs/private/open.md\n')
  const isSeen = readIgnoreFile(file)
  const seen = ['docs', 'docs/a.md', 'docs/.hidden', 'one/two.ts', 'docs/private/open.md']
  const hidden = ['.env', '.git/config', 'one', 'one/three.ts', 'docs/private/x.md', 'docs/a.test.ts', 'docs2/a.md']
  assert.deepEqual([...seen, ...hidden].filter(isSeen), seen)
})

test('the packages of a workspace are those that the lock file leads to, and no development dependency', () => {
  const packages = {
    one: { dependencies: { a: '1', '@fincore/two': '1' }, devDependencies: { dev: '1' } },
    two: { dependencies: { b: '1' } },
    'node_modules/@fincore/two': { link: true, resolved: 'two' },
    'node_modules/a': { optionalDependencies: { b: '1', absent: '1' } },
    'node_modules/b': {},
    'two/node_modules/b': { peerDependencies: { c: '1' } },
    'node_modules/c': {},
    'node_modules/dev': {},
  }
  assert.deepEqual(listInstalled({ packages }, 'one'), [
    'node_modules/@fincore/two',
    'node_modules/a',
    'node_modules/b',
    'node_modules/c',
    'two/node_modules/b',
  ])
})
