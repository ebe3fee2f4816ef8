"""Whom a comp plan is for, its limits, who comes and goes, and rounding."""

AROUND = {
    "title": ("How you are paid: {plan}", "Votre rémunération : {plan}"),
    "for_payee": (
        "This copy is for {payee}, with the numbers that are agreed with them.",
        "Cet exemplaire est destiné à {payee}, avec les chiffres convenus.",
    ),
    "heading_whom": ("Whom it is for, and when", "À qui ce plan s'applique, et quand"),
    "for": ("This comp plan is for {who}.", "Ce plan de rémunération s'applique à {who}."),
    "who_named": ("those who are named for it", "celles et ceux qui y sont nommés"),
    "who_everyone": ("everybody", "tout le monde"),
    "who_all": ("everybody who {conditions}", "toute personne qui {conditions}"),
    "who_roles": ("has the role {names}", "a la fonction {names}"),
    "who_teams": ("is in the team {names}", "fait partie de l'équipe {names}"),
    "who_users": ("is {names}", "est {names}"),
    "who_territories": ("is in the territory {names}", "fait partie du territoire {names}"),
    "who_managers": ("manages somebody", "encadre quelqu'un"),
    "who_no_managers": ("manages nobody", "n'encadre personne"),
    "since": ("It holds from {since} on.", "Il est en vigueur à partir du {since}."),
    "from_to": (
        "It holds from {since} to {last}, both days included.",
        "Il est en vigueur du {since} au {last} inclus.",
    ),
    "pay_period": (
        "Your earnings are worked out {each}, in {currency}.",
        "Vos gains sont arrêtés {each}, en {currency}.",
    ),
    "base_pay": ("Your base pay is {pay}.", "Votre salaire de base est de {pay}."),
    "target_pay": (
        "Your target pay, which you earn on top when every target is exactly met, is {pay}.",
        "Votre part variable cible, qui s'y ajoute quand chaque objectif est exactement atteint, est de {pay}.",
    ),
    "pay_per": ("{amount} a {period}", "{amount} par {period}"),
    "pay_per_two": ("{amount} a {period}, which is {part} a {each}", "{amount} par {period}, soit {part} par {each}"),
    "rate_date_credit": (
        "Amounts in other currencies are converted to {currency} at the rate of the day they count on.",
        "Les montants dans d'autres devises sont convertis en {currency} au cours du jour où ils comptent.",
    ),
    "rate_date_period_start": (
        "Amounts in other currencies are converted to {currency} at the rate of the first day of the pay period.",
        (
            "Les montants dans d'autres devises sont convertis en {currency} au cours du premier jour de la période de "
            "paie."
        ),
    ),
    "rate_date_period_end": (
        "Amounts in other currencies are converted to {currency} at the rate of the last day of the pay period.",
        (
            "Les montants dans d'autres devises sont convertis en {currency} au cours du dernier jour de la période de "
            "paie."
        ),
    ),
    "rate_date_plan_start": (
        "Amounts in other currencies are converted to {currency} at the rate of the first day of this comp plan.",
        "Les montants dans d'autres devises sont convertis en {currency} au cours du premier jour de ce plan.",
    ),
    # limits
    "heading_limits": ("Limits of the whole", "Limites de l'ensemble"),
    "most_in_all": (
        "Everything together pays at most {amount} {each}.",
        "L'ensemble rapporte au plus {amount} {each}.",
    ),
    "least_in_all": (
        "Everything together pays at least {amount} {each}.",
        "L'ensemble rapporte au moins {amount} {each}.",
    ),
    # in between
    "heading_between": (
        "If you join, leave, are away or change in the middle of a period",
        "Arrivée, départ, absence ou changement en cours de période",
    ),
    "prorated": (
        "If you are on this comp plan for only a part of a period, you have the same part of {of}: {by}.",
        "Si vous n'êtes dans ce plan que pendant une partie d'une période, vous avez la même part de {of} : {by}.",
    ),
    "of_targets": ("your targets", "vos objectifs"),
    "of_base_pay": ("your base pay", "votre salaire de base"),
    "of_target_pay": ("your target pay", "votre part variable cible"),
    "by_days": ("your days on it over all days", "vos jours dans le plan rapportés à tous les jours"),
    "by_working_days": (
        "your working days on it over all working days",
        "vos jours ouvrés dans le plan rapportés à tous les jours ouvrés",
    ),
    "by_months": (
        "your months on it over all months, each month weighing the same",
        "vos mois dans le plan rapportés à tous les mois, chaque mois ayant le même poids",
    ),
    "seasonal": (
        (
            "A target that comes from {quotas} is not spread evenly over the year: each month asks for its own "
            "share of "
            "it, and that is what you have for the months you are here."
        ),
        (
            "Un objectif issu de {quotas} n'est pas réparti également sur l'année : chaque mois en demande sa propre "
            "part, et c'est elle qui vaut pour les mois où vous êtes là."
        ),
    ),
    "ends_exclusive": ("Your last day on it is not counted.", "Votre dernier jour dans le plan n'est pas compté."),
    "not_prorated": (
        "If you are on this comp plan for only a part of a period, you still have {of} in full.",
        "Si vous n'êtes dans ce plan que pendant une partie d'une période, vous gardez {of} en entier.",
    ),
    "leave": (
        (
            "Days of leave lower {of} in the same way, and what counts for you on them still counts. If it is agreed "
            "that a leave suspends the comp plan, nothing counts on its days."
        ),
        (
            "Les jours d'absence réduisent de même {of}, et ce qui compte pour vous ces jours-là compte toujours. "
            "S'il est convenu qu'une absence suspend le plan, rien ne compte ces jours-là."
        ),
    ),
    "leave_in_full": (
        (
            "Leave changes nothing in that. If it is agreed that a leave suspends the comp plan, nothing counts on "
            "its days."
        ),
        "Une absence n'y change rien. S'il est convenu qu'une absence suspend le plan, rien ne compte ces jours-là.",
    ),
    "ramp": (
        "When you are new, your targets are lower: {steps}. After that they are full.",
        "À votre arrivée, vos objectifs sont réduits : {steps}. Ensuite, ils sont entiers.",
    ),
    "ramp_until_month": ("{share} up to the end of month {until}", "{share} jusqu'à la fin du mois {until}"),
    "ramp_until_day": ("{share} up to and including day {until}", "{share} jusqu'au jour {until} inclus"),
    "ramp_from_month": (
        "Month 1 begins on the day you started, month 2 a month later.",
        "Le mois 1 commence le jour de votre arrivée, le mois 2 un mois plus tard.",
    ),
    "ramp_from_day": ("Day 1 is the day you started.", "Le jour 1 est celui de votre arrivée."),
    "change_together": (
        "If a target changes within a period, the parts of both add up to one target.",
        "Quand un objectif change en cours de période, les deux parties s'additionnent en un seul objectif.",
    ),
    "change_apart": (
        (
            "If your target, team or pay changes within a period, what comes before and what comes after are measured "
            "separately."
        ),
        (
            "Quand votre objectif, votre équipe ou votre rémunération change en cours de période, ce qui précède et "
            "ce qui suit sont mesurés séparément."
        ),
    ),
    # rounding
    "heading_rounding": ("Rounding", "Arrondis"),
    "rounded": ("Amounts are rounded {places}; {mode}.", "Les montants sont arrondis {places} ; {mode}."),
    "to_whole": ("to whole units of money", "à l'unité monétaire"),
    "to_whole_units": ("to whole numbers", "à l'entier"),
    "to_places": ("to {places} decimals", "à {places} décimales"),
    "mode_half_up": ("an exact half goes away from zero", "une moitié exacte s'éloigne de zéro"),
    "mode_half_even": ("an exact half goes to the even digit", "une moitié exacte va au chiffre pair"),
    "mode_down": ("always towards zero", "toujours vers zéro"),
    "mode_up": ("always away from zero", "toujours en s'éloignant de zéro"),
    "at_component": (
        "That is done to what each part is worth to date.",
        "L'arrondi porte sur la valeur à ce jour de chaque élément.",
    ),
    "at_transaction": (
        "That is done to what each transaction earns.",
        "L'arrondi porte sur ce que rapporte chaque opération.",
    ),
    "at_total": (
        "That is done to the sum of all parts to date.",
        "L'arrondi porte sur la somme de tous les éléments à ce jour.",
    ),
    "to_date": (
        (
            "What you earn in a pay period is what everything is worth at its end, less what it was worth at the "
            "end of "
            "the one before. So if a record is corrected later, your pay is corrected, too."
        ),
        (
            "Vos gains d'une période de paie sont ce que tout vaut à sa fin, moins ce que cela valait à la fin de la "
            "précédente. Si une donnée est corrigée plus tard, votre paie l'est donc aussi."
        ),
    ),
}
