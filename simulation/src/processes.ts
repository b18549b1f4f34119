import type { Deps } from '@fincore/payment-service/deps'
import type { Database } from './database/database.ts'
import type { Ground } from './ground.ts'
import { type Service, startService } from './service.ts'
import { accounts } from './shop.ts'
import type { Weather } from './weather.ts'

/** The processes of the payment service, at one database; whoever is killed comes again. */
export function startProcesses(
  ground: Ground,
  world: { database: Database; weather: Weather; send: Deps['send']; complain(line: string): void },
) {
  const { clock, choices, trace, fault } = ground
  const { database, weather } = world
  const { hasLookUps } = weather
  const services: Service[] = []

  function start(name: string, place: number): void {
    const own = choices.within(name)
    const pool = database.open({ pause: ({ phase, what }) => pauseAt(name, place, phase, what) })
    const { complain } = world
    const service = startService({
      name,
      clock,
      pool,
      hasLookUps,
      accounts,
      send: sendOf(name, place),
      trace,
      complain,
    })
    services[place] = service
    service.whenKilled(() => {
      fault('process killed')
      clock.at(clock.now() + 100 + 15_000 * own.spread('starts again after'), () => start(name, place))
    })
  }

  /** What happens before and after a statement, and before and after a commit. */
  function pauseAt(name: string, place: number, phase: string, what: string): Promise<void> | undefined {
    const own = choices.within(name)
    const way = weather.isQuiet ? 'goes on' : own.pick(`${what} ${phase}`, weather.pauses)
    if (way === 'goes on') {
      // One in three takes some time, so that others come in between.
      const part = phase === 'before' ? own.spread('statement') : 1
      return part < 1 / 3 ? clock.wait(6 * part) : undefined
    }
    fault(`database: ${way}, ${phase} ${what === 'commit' ? 'a commit' : 'a statement'}`)
    trace(`${name.padEnd(20)} ${phase} ${what}: ${way}`)
    if (way === 'takes long') return clock.wait(5 + 3_000 * own.spread('takes'))
    if (way === 'the connection breaks') throw Object.assign(new Error('Connection terminated'), { code: '08006' })
    services[place]?.kill()
    return new Promise(() => {})
  }

  /** A PSP call during which the process may die: what it had sent may arrive all the same. */
  function sendOf(name: string, place: number): Deps['send'] {
    const own = choices.within(name)
    return async (request, timeoutMs) => {
      const reply = world.send(request, timeoutMs)
      const dies = own.pick('PSP call', { 'is waited for': 1 - weather.deaths, 'outlives its process': weather.deaths })
      if (dies === 'outlives its process') {
        fault('process killed while a PSP was called')
        clock.at(clock.now() + 400 * own.spread('dies after'), () => services[place]?.kill())
      }
      return reply
    }
  }

  for (const name of ['process 1', 'process 2']) start(name, services.length)
  if (choices.pick('database server', { 'stays up': 85, crashes: 15 }) === 'crashes') {
    clock.at(clock.now() + 40_000 * choices.spread('database crashes after'), () => {
      fault('database server crashed')
      trace('database             crashes')
      database.crash()
    })
  }
  return services
}

/** One of those that run, as a load balancer chooses; undefined when none does. */
export function pickService(services: readonly Service[], part: number): Service | undefined {
  const alive = services.filter((service) => service.isAlive())
  return alive[Math.floor(alive.length * part)]
}
