// Ledger's modules take Node's Buffer for granted, as they are loaded: this comes before them.

import { Buffer } from "buffer";

Object.assign(globalThis, { Buffer });
