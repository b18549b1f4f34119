import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const host = '127.0.0.1'

// Below the ports that Linux gives to outgoing connections (ip_local_port_range, from 32768 on): one of those may take a
// free port in the moment before its server listens there.
const lowest = 10_000
const highest = 32_000

/** Ports of 127.0.0.1 that nothing listened on a moment ago, all different, drawn at random so that two who choose at the same time differ. */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1_000) throw new Error(`No ${count} free ports were found from ${lowest} to ${highest}`)
    const port = randomInt(lowest, highest)
    if (await isPortFree(port)) found.add(port)
  }
  return [...found]
}

export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1)
  if (port === undefined) throw new Error('No free port was found')
  return port
}

/** Whether nothing listens on this port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    const server = await listen(port)
    await new Promise((done) => server.close(done))
    return true
  } catch {
    return false
  }
}

function listen(port: number): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
