/** Identifiers of SPDX (https://spdx.org/licenses) among the licences of the Hugging Face hub, which spells all in lower case. */
const SPDX_IDS: readonly string[] = [
  ...[
    "AFL-3.0",
    "AGPL-3.0",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSL-1.0",
  ],
  ...["CC0-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0"],
  ...["CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0"],
  ...["CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0"],
  ...["CDLA-Sharing-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0", "etalab-2.0", "EUPL-1.1", "EUPL-1.2", "GPL-2.0", "GPL-3.0"],
  ...["ISC", "LGPL-2.1", "LGPL-3.0", "LPPL-1.3c", "MIT", "MPL-2.0", "MS-PL", "NCSA", "OFL-1.1", "OSL-3.0", "PDDL-1.0"],
  ...["PostgreSQL", "Unlicense", "WTFPL", "Zlib"],
];

/** A licence by SPDX's spelling; one that SPDX does not know as it is. */
export function spdxLicence(licence: string): string {
  return SPDX_IDS.find((id) => id.toLowerCase() === licence.toLowerCase()) ?? licence;
}
