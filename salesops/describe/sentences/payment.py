"""How what is earned is paid."""

PAYMENT = {
    "heading_payment": ("How it is paid", "Comment c'est versé"),
    "released": ("What you earn is released in parts:", "Ce que vous gagnez est libéré par parts :"),
    "release": ("{share} {when}", "{share} {when}"),
    "release_of": ("{share} of {components}", "{share} de {components}"),
    "release_earned": ("with the pay period in which you earn it", "avec la période de paie où vous le gagnez"),
    "release_invoice": ("as the customer is invoiced", "au fur et à mesure de la facturation du client"),
    "release_collection": ("as the customer pays", "au fur et à mesure des paiements du client"),
    "release_over": (
        "in {number} equal parts, one a month from the day of the earning on",
        "en {number} parts égales, une par mois à partir du jour du gain",
    ),
    "release_over_later": (
        "in {number} equal parts, one a month, the first {span} after the day of the earning",
        "en {number} parts égales, une par mois, la première {span} après le jour du gain",
    ),
    "release_after": ("{span} after the day of the earning", "{span} après le jour du gain"),
    "release_quarter_end": ("with the end of the quarter", "à la fin du trimestre"),
    "release_half_year_end": ("with the end of the half year", "à la fin du semestre"),
    "release_year_end": ("with the end of the year", "à la fin de l'année"),
    "release_lost": (
        "{part} (what is still held is lost if you leave)",
        "{part} (ce qui est encore retenu est perdu si vous partez)",
    ),
    "span_months_one": ("one month", "un mois"),
    "span_months": ("{number} months", "{number} mois"),
    "span_days_one": ("one day", "un jour"),
    "span_days": ("{number} days", "{number} jours"),
    "closed_since": (
        "A pay period that is closed stays as it is. What is learned later is settled in the next one{limit}.",
        "Une période de paie close ne change plus. Ce qui est appris ensuite est réglé dans la suivante{limit}.",
    ),
    "recover_at_most": (
        ", and takes no more than {share} of what it pays",
        " et n'en prend pas plus de {share}",
    ),
    "paid_in": (
        "You are paid in {currency}, at the rate of {day}.",
        "Vous êtes payé en {currency}, au cours {day}.",
    ),
    "rate_of_period_start": ("the first day of the pay period", "du premier jour de la période de paie"),
    "rate_of_period_end": ("the last day of the pay period", "du dernier jour de la période de paie"),
    "rate_of_plan_start": ("the first day of this comp plan", "du premier jour de ce plan"),
    "in_this_order": (
        "Before it is paid, this is done in this order:",
        "Avant le versement, voici ce qui est fait, dans cet ordre :",
    ),
    "draw_up_to": (
        "If a pay period pays less than {amount}, you are paid up to that.",
        "Si une période de paie verse moins que {amount}, vous recevez ce montant.",
    ),
    "draw_on_top": (
        "You are paid {amount} in each pay period beside what you earn.",
        "Vous recevez {amount} par période de paie en plus de ce que vous gagnez.",
    ),
    "draw_months": (
        "This is so for {span} from the day you started.",
        "Il en est ainsi pendant : {span} à compter de votre arrivée.",
    ),
    "draw_kept": ("You do not owe it.", "Vous ne le devez pas."),
    "draw_owed": (
        "What is advanced so is recovered from later pay{limits}.",
        "Cette avance est récupérée sur vos versements suivants{limits}.",
    ),
    "draw_after": (", not before {span} after the first advance", ", pas avant {span} après la première avance"),
    "draw_at_most": (", with {share} of a pay period at most", ", avec {share} d'une période de paie au plus"),
    "draw_forgiven": (
        "What is left of an advance {span} later is forgiven.",
        "Ce qui reste d'une avance {span} plus tard est abandonné.",
    ),
    "draw_forgiven_leaving": (
        "Whoever leaves owes nothing of it.",
        "Qui part n'en doit rien.",
    ),
    "clawback_full": (
        "If a deal is cancelled{window}, what you earned on it is taken back.",
        "Si une affaire est annulée{window}, ce que vous y avez gagné est repris.",
    ),
    "clawback_prorated": (
        "If a deal is cancelled{window}, the part of what you earned on it that is for the time left is taken back.",
        "Si une affaire est annulée{window}, la part de vos gains qui correspond au temps restant est reprise.",
    ),
    "clawback_stepped": (
        "If a deal is cancelled, of what you earned on it is taken back: {steps}.",
        "Si une affaire est annulée, de ce que vous y avez gagné est repris : {steps}.",
    ),
    "clawback_step": (
        "{share} within {span}",
        "{share} dans un délai de : {span}",
    ),
    "clawback_of": ("That is so for what {components} earned.", "Cela vaut pour ce que {components} a rapporté."),
    "clawback_window": (" within {span} of the earning", " dans un délai de {span} après le gain"),
    "clawback_day": (
        "It is cancelled on its {field}.",
        "La date d'annulation est : {field}.",
    ),
    "clawback_at_most": (
        "No more than {share} of a pay period goes to it.",
        "Pas plus de {share} d'une période de paie y est affecté.",
    ),
    "maximum": ("No more than {amount} is paid {during}.", "Pas plus de {amount} est versé {during}."),
    "maximum_carried": ("The rest is paid later.", "Le reste est versé plus tard."),
    "maximum_lost": ("The rest is lost.", "Le reste est perdu."),
    "minimum_topped_up": (
        "If less than {amount} is left, you are paid {amount}.",
        "S'il reste moins que {amount}, vous recevez {amount}.",
    ),
    "minimum_carried": (
        "If less than {amount} is left, it is kept for the next pay period, and paid when you have left.",
        "S'il reste moins que {amount}, c'est reporté à la période de paie suivante, et payé à votre départ.",
    ),
    "minimum_lost": (
        "If less than {amount} is left, nothing is paid, and it is lost.",
        "S'il reste moins que {amount}, rien n'est versé et c'est perdu.",
    ),
}
