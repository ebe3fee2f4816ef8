"""How tiers are read."""

TIERS = {
    "pays_tiers": (
        "{what} on {on} {over} depends on {measure}.",
        "{what} sur {on} {over} dépend de ceci : {measure}.",
    ),
    "pays_tiers_amount": (
        "{what} {over} depends on {measure}.",
        "{what} {over} dépend de ceci : {measure}.",
    ),
    "what": (
        "What you earn",
        "Ce que vous gagnez",
    ),
    "what_step": (
        "What this step is worth",
        "Ce que vaut cette étape",
    ),
    "reading_marginal": (
        "Each slice earns the rate of the tier that it lies in; reaching a higher tier changes nothing below it.",
        (
            "Chaque tranche est payée au taux du palier où elle se trouve ; atteindre un palier supérieur ne "
            "change rien "
            "aux tranches inférieures."
        ),
    ),
    "marginal_shared": (
        "A transaction that takes {by} across a bound is divided over the tiers in proportion.",
        "Une opération qui fait franchir une borne à {by} est répartie entre les paliers en proportion.",
    ),
    "reading_whole": (
        "Everything, from the first unit on, earns the rate of the tier that is reached.",
        "Tout est payé, depuis la première unité, au taux du palier atteint.",
    ),
    "reading_transaction": (
        "Each transaction earns the rate of the tier that you have reached with it; what was earned before stays.",
        "Chaque opération est payée au taux du palier atteint avec elle ; ce qui est déjà gagné ne change pas.",
    ),
    "reading_transaction_before": (
        "Each transaction earns the rate of the tier that you were in before it; what was earned before stays.",
        "Chaque opération est payée au taux du palier où vous étiez avant elle ; ce qui est déjà gagné ne change pas.",
    ),
    "reading_step": (
        "{earn} the amount of the tier that is reached.",
        "{earn} le montant du palier atteint.",
    ),
    "reading_step_stacking": (
        "{earn} the amounts of all tiers that are reached, added up.",
        "{earn} les montants de tous les paliers atteints, additionnés.",
    ),
    "reading_interpolated_rate": (
        (
            "Everything, from the first unit on, earns one rate. At the points of the table it is what stands there; "
            "between two of them it changes evenly."
        ),
        (
            "Tout est payé, depuis la première unité, à un seul taux. Aux points du tableau, c'est celui qui y "
            "figure ; "
            "entre deux points, il évolue régulièrement."
        ),
    ),
    "reading_interpolated_amount": (
        "{earn} one amount. At the points of the table it is what stands there; between two of them it changes evenly.",
        (
            "{earn} un seul montant. Aux points du tableau, c'est celui qui y figure ; entre deux points, il évolue "
            "régulièrement."
        ),
    ),
    "line_flat": ("Above the last point it stays as it is there.", "Au-delà du dernier point, il n'évolue plus."),
    "line_line": (
        "Above the last point it goes on in the same line.",
        "Au-delà du dernier point, il continue sur la même droite.",
    ),
    "reading_mixed": (
        (
            "The last column says what each tier pays on. In a tier of slices, everything below it stays at what it is "
            "worth where that tier begins, and only what lies in the tier is added."
        ),
        (
            "La dernière colonne dit sur quoi porte chaque palier. Dans un palier par tranche, tout ce qui se trouve "
            "au-dessous garde la valeur atteinte à son début, et seule la tranche s'y ajoute."
        ),
    ),
    "rate_each": (
        "In each tier, each transaction has a rate of its own, which the tables below say.",
        "Dans chaque palier, chaque opération a son propre taux, que donnent les tableaux ci-dessous.",
    ),
    "short_marginal": ("the slice that lies in it", "la tranche qui s'y trouve"),
    "short_whole": ("everything", "tout"),
    "short_transaction": ("the transaction", "l'opération"),
    "short_step": ("the amount", "le montant"),
    "short_interpolated_rate": (
        "everything, at a rate that changes evenly",
        "tout, à un taux qui évolue régulièrement",
    ),
    "short_interpolated_amount": ("an amount that changes evenly", "un montant qui évolue régulièrement"),
    "bound_lower": (
        "Exactly at a bound, you have reached the tier above it.",
        "Exactement à une borne, le palier supérieur est atteint.",
    ),
    "bound_upper": (
        "Exactly at a bound, you are still in the tier below it.",
        "Exactement à une borne, on est encore dans le palier inférieur.",
    ),
    "span": ("{start} to {end}", "{start} à {end}"),
    "span_open": ("from {start} on", "à partir de {start}"),
    "column_from": ("From … to", "De … à"),
    "column_pays": ("Pays", "Rapporte"),
    "column_reading": ("On", "Sur"),
}
