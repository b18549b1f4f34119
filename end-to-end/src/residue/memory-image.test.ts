import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readMemoryImage, readRange } from './memory-image.ts'

const word = 'a word that stands in the memory of a process'

async function startProcess(): Promise<ChildProcess & { pid: number }> {
  // The word is put together there, so that it does not stand in the arguments.
  const script = `const kept = Buffer.alloc(3e7, '${word}'.split('').join('')); setInterval(() => kept.length, 1e6); console.log()`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  assert.ok(child.pid !== undefined)
  return Object.assign(child, { pid: child.pid })
}

/** Without a turn of the event loop, because the reading takes none. */
function waitUntilDead(pid: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const isDead = () => !existsSync(`/proc/${pid}/stat`) || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  while (!isDead()) Atomics.wait(clock, 0, 0, 1)
}

describe('the memory image of a process', () => {
  it('is read whole while the process is stopped', async () => {
    const child = await startProcess()
    child.kill('SIGSTOP')
    let found = 0
    const take = (bytes: Buffer) => {
      if (bytes.includes(word)) found += bytes.length
    }
    const { read, unread } = readMemoryImage(child.pid, { overlap: 100, seen: new Set(), take })
    child.kill('SIGKILL')
    assert.equal(unread, 0)
    assert.ok(read > 30e6 && found >= 28e6, `${read} bytes were read, the word stood in pieces of ${found}`)
  })

  it('counts as unread what can no longer be read because the process is gone', async () => {
    const child = await startProcess()
    child.kill('SIGSTOP')
    const take = () => {
      child.kill('SIGKILL')
      waitUntilDead(child.pid)
    }
    const { read, unread } = readMemoryImage(child.pid, { overlap: 100, seen: new Set(), take })
    assert.ok(unread > 30e6, `${read} bytes were read, ${unread} count as unread`)
  })
})

describe('a range of memory', () => {
  const page = 4096
  const bytes = Buffer.from(Array.from({ length: 6 * page }, (_, at) => at % 251))

  /** A memory at address 0 some of whose pages nobody can read. */
  function readWith(isUnreadable: (page: number) => boolean, pieceBytes: number) {
    const seen = Buffer.alloc(bytes.length)
    let at = 0
    const read = (into: Buffer, from: number) => {
      let done = 0
      while (done < into.length && !isUnreadable(Math.floor((from + done) / page))) {
        into[done] = bytes[from + done] ?? 0
        done++
      }
      at = from
      return done
    }
    const take = (piece: Buffer) => void piece.copy(seen, at)
    const piece = Buffer.alloc(pieceBytes)
    const count = readRange(read, { from: 0, to: bytes.length }, { piece, overlap: 10, take })
    return { count, seen }
  }

  for (const pieceBytes of [page, 10_000, bytes.length]) {
    it(`is read on behind pages that cannot be read, which are counted (pieces of ${pieceBytes})`, () => {
      assert.deepEqual(
        readWith(() => false, pieceBytes),
        {
          count: { read: bytes.length, unread: 0 },
          seen: bytes,
        },
      )
      const { count, seen } = readWith((one) => one === 1 || one === 2 || one === 5, pieceBytes)
      assert.deepEqual(count, { read: 3 * page, unread: 3 * page })
      const expected = Buffer.from(bytes)
        .fill(0, page, 3 * page)
        .fill(0, 5 * page)
      assert.deepEqual(seen, expected)
    })
  }
})
