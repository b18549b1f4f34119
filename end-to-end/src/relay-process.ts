import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseFreePorts } from '@fincore/dev/addresses'
import {
  type CertificateAuthority,
  type DevelopmentCertificates,
  ensureDevelopmentCertificates,
  type IssuedCertificate,
  readAuthority,
} from '@fincore/dev/certificates'
import { loadOrCreateSecrets } from '@fincore/dev/dev-file'
import { startManagedProcess } from '@fincore/dev/managed-process'
import { addressesOf, planCardRelay } from '@fincore/dev/process-plans'

export type RelayProcess = {
  pid: number
  url: string
  certificates: DevelopmentCertificates
  /** A folder of its own, with what it logs. */
  folder: string
  stop(): Promise<void>
}

type RelayProcessOptions = {
  /** Makes the relay's own certificate. Default: that of the launcher. */
  issueServer(authority: CertificateAuthority): Promise<IssuedCertificate>
}

/** The card relay alone, as the launcher starts it: nobody is admitted, because there is nobody to ask. */
export async function startRelayProcess(more: Partial<RelayProcessOptions> = {}): Promise<RelayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-relay-'))
  mkdirSync(join(folder, 'logs'))
  const certificates = await ensureDevelopmentCertificates(join(folder, 'certificates'))
  if (more.issueServer !== undefined) {
    const authority = readAuthority(certificates.ca)
    const { certificate, key } = await more.issueServer(authority)
    writeFileSync(certificates.serverCert, certificate)
    writeFileSync(certificates.serverKey, key)
  }
  const secrets = loadOrCreateSecrets(folder)
  const ports = await chooseFreePorts()
  const input = { dataDir: folder, ports, certificates, secrets, ownerUrl: '', appUrl: '', overrides: {} }
  const started = await startManagedProcess(planCardRelay(input), () => undefined)
  return {
    pid: started.pid,
    url: addressesOf(ports).relay,
    certificates,
    folder,
    async stop() {
      await started.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
