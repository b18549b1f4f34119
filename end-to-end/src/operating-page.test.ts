import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { writeDevFile } from '@fincore/dev/dev-file'
import { readBlocks } from '@fincore/dev/doc-blocks/read-blocks'
import { runBlocks } from '@fincore/dev/doc-blocks/run-blocks'
import { openShellSession } from '@fincore/dev/doc-blocks/shell-session'
import { pathInRepository } from '@fincore/dev/managed-process'
import { useWorld } from './world.ts'

const page = 'docs/operating.md'
const sections = ['Operating FinCore', 'Bring a merchant on board', 'Who may send raw cards']

test(`${page} brings a merchant on board as it says`, async (t) => {
  const world = await useWorld()
  const home = mkdtempSync(join(tmpdir(), 'fincore-operator-'))
  const dataDir = join(home, 'data')
  mkdirSync(dataDir)
  writeDevFile(dataDir, world.fincore.dev)
  const { NODE_COMPILE_CACHE: cache } = process.env
  const shell = openShellSession({
    cwd: pathInRepository(''),
    env: {
      HOME: home,
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      FINCORE_DATA_DIR: dataDir,
      ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
    },
  })
  t.after(async () => {
    shell.close()
    rmSync(home, { recursive: true, force: true })
    await world.close()
  })
  const blocks = readBlocks(page, readFileSync(pathInRepository(page), 'utf8'))
  await runBlocks(
    page,
    blocks.filter(({ section }) => sections.includes(section)),
    { shell, folder: home },
  )
  const printed = shell.printed()
  assert.match(printed, /✔ ok +webhook /)
  assert.match(printed, /Status: +active[\s\S]*Approved by: +bob/)
  assert.match(printed, /sk_test_[\w-]{43}\nIt may: read charges:write charges:raw_card\n/)
})
