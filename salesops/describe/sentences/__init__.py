"""Every sentence of a letter, in each language: name -> (English, French), by what it is about.

Both stand side by side, with the same parts in braces, so that they say the same.
"""

from salesops.describe.sentences.around import AROUND
from salesops.describe.sentences.counts import COUNTS
from salesops.describe.sentences.formulas import FORMULAS
from salesops.describe.sentences.measured import MEASURED
from salesops.describe.sentences.payment import PAYMENT
from salesops.describe.sentences.pays import PAYS
from salesops.describe.sentences.tiers import TIERS

SENTENCES = {**AROUND, **COUNTS, **MEASURED, **PAYS, **PAYMENT, **TIERS, **FORMULAS}
