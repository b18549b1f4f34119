import type { DevFile, PspKeys } from '../dev-file.ts'
import type { HttpClient } from '../http-client.ts'
import type { DevPsp, Ledger, PspAdmin } from './dev-psp.ts'

/** What the stand-ins of the real PSPs share: their process, and the admin interface beside the PSP's own API. */
export function standInProcess(name: string): DevPsp['process'] {
  return {
    name: `psp-stand-in-${name}`,
    main: `psp-stand-ins/src/${name}/main.ts`,
    settings: (input) => ({
      STAND_IN_PAGES_PORT: String(input.ports.pspPages),
      STAND_IN_API_PORT: String(input.ports.pspApi),
      STAND_IN_TLS_CERT_FILE: input.certificates.serverCert,
      STAND_IN_TLS_KEY_FILE: input.certificates.serverKey,
      STAND_IN_ADMIN_TOKEN: input.secrets.psp_admin_token,
    }),
  }
}

/** Stand-ins forget everything when they stop, and give the account of known keys again. */
export function openStandInAccount(admin: PspAdmin, known: PspKeys | null): Promise<PspKeys> {
  return callStandIn(admin, 'POST', 'accounts', { name: 'FinCore Demo Shop', ...known })
}

export function callStandIn<T>(
  { client, api, adminToken }: PspAdmin,
  method: string,
  path: string,
  json: unknown,
): Promise<T> {
  return client.json<T>(method, `${api}/_stand_in/${path}`, { bearer: adminToken, json })
}

export function readStandInTruth(dev: DevFile, client: HttpClient, reference: string | null): Promise<Ledger> {
  const query = reference === null ? '' : `?reference=${encodeURIComponent(reference)}`
  return client.json<Ledger>('GET', `${dev.psp_api}/_stand_in/truth${query}`, { bearer: dev.psp_admin_token })
}
