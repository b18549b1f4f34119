import { describeConnectionFault } from '../http-client.ts'
import { type Finding, type FindingCode, find } from './findings.ts'
import { type Probe, probe } from './probe.ts'

const dayMs = 86_400_000
const doors = {
  'admin API': { answers: null, away: 'admin_not_reached' },
  API: { answers: 'api_answers', away: 'api_not_reached' },
  'card relay': { answers: 'relay_answers', away: 'relay_not_reached' },
} as const satisfies Record<string, { answers: FindingCode | null; away: FindingCode }>
type DoorName = keyof typeof doors

/** Whether a door answers, how long its certificate is good, and what its clock says. */
export async function checkDoor(name: DoorName, url: string, ca: string | null): Promise<Finding[]> {
  const { answers, away } = doors[name]
  const seen = await probe(url, ca)
  if ('why' in seen) return [find(away, `${url}: ${seen.why}.`)]
  const health =
    seen.status === 200
      ? answers === null
        ? []
        : [find(answers, url)]
      : [find(away, `${url}: status ${seen.status}.`)]
  return [...health, ...judgeCertificate(name, seen), ...judgeClock(name, seen)]
}

function judgeCertificate(name: DoorName, { certificate }: Probe): Finding[] {
  if (certificate === null) return []
  const { endsAt, why } = certificate
  const days = Math.floor((endsAt.getTime() - Date.now()) / dayMs)
  const until = `${name}: until ${endsAt.toISOString().slice(0, 10)}, ${days} days.`
  if (days < 7) return [find('certificate_ends_now', until)]
  if (why !== null) return [find('certificate_not_trusted', `${name}: ${describeConnectionFault(why)[0]}.`)]
  return [find(days < 30 ? 'certificate_ends_soon' : 'certificate_good', until)]
}

function judgeClock(name: DoorName, { clockAheadMs }: Probe): Finding[] {
  // The relay tells no time.
  if (clockAheadMs === null) return []
  const seconds = Math.round(Math.abs(clockAheadMs) / 1_000)
  const code = seconds > 60 ? 'clock_far_off' : seconds > 5 ? 'clock_differs' : 'clock_agrees'
  const direction = clockAheadMs > 0 ? 'ahead of' : 'behind'
  return [
    find(code, `${name}: ${seconds < 1 ? 'less than a second apart' : `${seconds} s ${direction} this machine`}.`),
  ]
}
