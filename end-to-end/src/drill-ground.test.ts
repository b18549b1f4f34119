import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { buildOnGround, type DrillGround } from './drill-ground.ts'

/** Three parts that say when they end; the second of them with a fault. */
function keepThree(ground: DrillGround, ended: string[]): void {
  ground.keep({ stop: () => ended.push('first') })
  ground.keep({
    close: () => {
      ended.push('second')
      throw new Error('It does not end well')
    },
  })
  ground.keep({ stop: async () => ended.push('third') })
}

it('a drill’s ground ends what it keeps once, the last first, although one of them fails, and is gone', async () => {
  const ended: string[] = []
  const world = await buildOnGround('ground-test', async (ground) => {
    keepThree(ground, ended)
    return { built: true }
  })
  assert.ok(world.built && readdirSync(world.dataDir).includes('certificates'))
  await Promise.all([world.stop(), world.stop()])
  assert.deepEqual(ended, ['third', 'second', 'first'])
  assert.ok(!existsSync(world.dataDir))
})

it('what could not be built on a ground leaves nothing behind, and its fault is told', async () => {
  const ended: string[] = []
  let dataDir = ''
  let slow: Promise<unknown> | undefined
  const failing = buildOnGround('ground-test', async (ground) => {
    dataDir = ground.dataDir
    keepThree(ground, ended)
    slow = setImmediate().then(() => ground.keep({ stop: () => ended.push('what started meanwhile') }))
    return Promise.all([slow, Promise.reject(new Error('The service did not start'))])
  })
  await assert.rejects(failing, /The service did not start/)
  await slow
  assert.deepEqual(ended, ['third', 'second', 'first', 'what started meanwhile'])
  assert.ok(dataDir !== '' && !existsSync(dataDir))
})
