import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { pathInRepository } from '../managed-process.ts'
import { isInHistory, readPreviousVersion } from './checkout-previous.ts'

const version = readPreviousVersion()
const noFile = 'no-file-has-this-in-its-path'

function drill(env: NodeJS.ProcessEnv) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [pathInRepository('dev/src/previous/drill-previous-suite.ts'), noFile],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  )
  return { status, stdout, stderr }
}

// Whoever judges a release by it must not read “do not release”, which is 1, where nothing was run.
it('a drill that could not be run ends with 2, and says why in a line', () => {
  const without = `git's history here does not hold ${version.commit} (${version.name}): fetch the whole history`
  assert.deepEqual(drill({ GIT_DIR: pathInRepository('no-history') }), {
    status: 2,
    stdout: '',
    stderr: `The drill could not be run: ${without}.\n`,
  })
  const why = isInHistory(version.commit) ? `no test file of ${version.name} has a path with ${noFile}` : without
  assert.deepEqual(drill({}), { status: 2, stdout: '', stderr: `The drill could not be run: ${why}.\n` })
})
