import { writeFileSync } from 'node:fs'
import { chooseFreePorts } from '@fincore/dev/addresses'
import { type CertificateAuthority, type IssuedCertificate, readAuthority } from '@fincore/dev/certificates'
import { addressesOf, planCardRelay } from '@fincore/dev/process-plans'
import { buildOnGround, type DrillGround } from './drill-ground.ts'

export type RelayProcess = DrillGround & { pid: number; url: string }

type RelayProcessOptions = {
  /** Makes the relay's own certificate. Default: that of the launcher. */
  issueServer(authority: CertificateAuthority): Promise<IssuedCertificate>
}

/** The card relay alone, as the launcher starts it: nobody is admitted, because there is nobody to ask. */
export function startRelayProcess({ issueServer }: Partial<RelayProcessOptions> = {}): Promise<RelayProcess> {
  return buildOnGround('relay', async (ground) => {
    const { ca, serverCert, serverKey } = ground.certificates
    if (issueServer !== undefined) {
      const { certificate, key } = await issueServer(readAuthority(ca))
      writeFileSync(serverCert, certificate)
      writeFileSync(serverKey, key)
    }
    const ports = await chooseFreePorts()
    const { pid } = await ground.start(planCardRelay(ground.planWith(ports)))
    return { pid, url: addressesOf(ports).relay }
  })
}
