"""What components pay, under which conditions, and their limits."""

PAYS = {
    "heading_pays": ("What it pays", "Ce que cela rapporte"),
    "pays_rate": ("You earn {rate} of {on}.", "Vous gagnez {rate} de {on}."),
    "pays_rate_formula": (
        "You earn {on} {over}, times one rate, which is looked up anew each time where you stand changes: {rate}.",
        "Vous gagnez {on} {over}, multiplié par un seul taux, revu chaque fois que votre position change : {rate}.",
    ),
    "pays_rate_each": (
        "Each transaction that counts as {on} earns its own rate of it: {rate}.",
        "Chaque opération qui compte comme {on} rapporte son propre taux de cette valeur : {rate}.",
    ),
    "pays_spif": ("You earn {pays} for each unit of {on}.", "Vous gagnez {pays} par unité de {on}."),
    "spif_most": ("At most {most} of them are paid {over}.", "Au plus {most} sont payées {over}."),
    "pays_curve": (
        "You earn a share of {pay} {over}. How large it is depends on {measure}; between two points it changes evenly.",
        (
            "Vous gagnez une fraction de {pay} {over}. Sa taille dépend de ceci : {measure}. Entre deux points, elle "
            "évolue "
            "régulièrement."
        ),
    ),
    "below_nothing": ("Below the first point you earn nothing.", "En dessous du premier point, vous ne gagnez rien."),
    "below_flat": (
        "Below the first point the share is the same as there.",
        "En dessous du premier point, la fraction reste celle de ce point.",
    ),
    "below_line": (
        "Below the first point the share falls evenly, down to nothing at 0.",
        "En dessous du premier point, la fraction baisse régulièrement, jusqu'à rien à 0.",
    ),
    "beyond_flat": ("Above the last one it stays as it is there.", "Au-delà du dernier, elle reste celle de ce point."),
    "beyond_line": (
        "Above the last one it goes on in the same line.",
        "Au-delà du dernier, elle continue sur la même droite.",
    ),
    "pays_bonus": ("You earn {amount}, once {over}.", "Vous gagnez {amount}, une fois {over}."),
    "pays_amount": ("You earn this {over}: {amount}.", "Vous gagnez ceci {over} : {amount}."),
    "pays_greater_of": ("You earn whichever is the most {over}: {of}.", "Vous gagnez le plus élevé {over} : {of}."),
    "pays_lesser_of": ("You earn whichever is the least {over}: {of}.", "Vous gagnez le moins élevé {over} : {of}."),
    "pays_guarantee": (
        "You are guaranteed {amount} {each}: what is missing is added, and not taken back later.",
        "Il vous est garanti {amount} {each} : ce qui manque est ajouté, et n'est pas repris ensuite.",
    ),
    "guarantee_part": (
        "If you are on this comp plan for only a part of the pay period, the same part of it is guaranteed.",
        (
            "Si vous n'êtes dans ce plan que pendant une partie de la période de paie, la garantie vaut dans la même "
            "proportion."
        ),
    ),
    "guarantee_of": ("What {of} earns counts towards it.", "Ce que rapporte {of} vient en déduction."),
    "guarantee_months": (
        (
            "That holds for the first {months} months from the day you started; of a pay period in which they "
            "end, only "
            "the days before count."
        ),
        (
            "Cela vaut pendant les {months} premiers mois à compter de votre arrivée ; dans la période de paie où ils "
            "prennent fin, seuls comptent les jours qui précèdent."
        ),
    ),
    "guarantee_months_whole": (
        (
            "That holds for the first {months} months from the day you started, and the whole amount for the pay "
            "period "
            "in which they end."
        ),
        (
            "Cela vaut pendant les {months} premiers mois à compter de votre arrivée, et en entier pour la période de "
            "paie où ils prennent fin."
        ),
    ),
    "pays_pool_plan": (
        "This is divided among all on this comp plan {each}: {amount}.",
        "Ceci est réparti {each} entre toutes les personnes de ce plan : {amount}.",
    ),
    "pays_pool_team": (
        "This is divided among the members of your team {each}: {amount}.",
        "Ceci est réparti {each} entre les membres de votre équipe : {amount}.",
    ),
    "pool_equal": ("Everybody has the same share.", "Chacun a la même part."),
    "pool_by": (
        "Everybody's share is as large as their part of the sum of this over all: {weight}.",
        "La part de chacun est à la mesure de sa part dans la somme de ceci sur tous : {weight}.",
    ),
    "pool_when": ("You only have a share if {gates}.", "Vous n'avez une part que si {gates}."),
    "window": (
        "Only what counts from {since} to {last}, both days included, is paid.",
        "Seul ce qui compte du {since} au {last} inclus est payé.",
    ),
    "window_from": ("Only what counts from {since} on is paid.", "Seul ce qui compte à partir du {since} est payé."),
    "when": ("It is only paid if {gates}.", "Ce n'est payé que si {gates}."),
    "when_else": (
        "It is paid in full if {gates}, else {share} of it.",
        "C'est payé en entier si {gates} ; sinon à {share}.",
    ),
    "opens_later": (
        "Only what counts from then on is paid, not what came before.",
        "Seul ce qui compte à partir de là est payé, et non ce qui précède.",
    ),
    "gate": ("{measure} is {bounds}", "{measure} est {bounds}"),
    "gate_at_least": ("{bound} or more", "de {bound} ou plus"),
    "gate_more_than": ("more than {bound}", "de plus de {bound}"),
    "gate_at_most": ("{bound} or less", "de {bound} ou moins"),
    "gate_less_than": ("less than {bound}", "de moins de {bound}"),
    "of_groups": (
        "It is worked out for each {field} by itself, and then added up.",
        "C'est calculé séparément pour chaque valeur de ce champ, puis additionné : {field}.",
    ),
    "multiplied_product": ("It is multiplied by {factors}.", "Le résultat est multiplié par {factors}."),
    "multiplied_sum": (
        "It is multiplied by 1 plus what each of these is above 1, less what it is below: {factors}.",
        (
            "Le résultat est multiplié par 1, plus ce que chacun de ces facteurs a au-dessus de 1, moins ce qui lui "
            "manque : {factors}."
        ),
    ),
    "most": ("It is at most {amount} {each}.", "C'est au plus {amount} {each}."),
    "least": ("It is at least {amount} {each}.", "C'est au moins {amount} {each}."),
    "not_paid": (
        "This is not paid by itself: it is a step towards other parts.",
        "Cet élément n'est pas payé par lui-même : il sert à en calculer d'autres.",
    ),
    # examples
    "worked": ("For example{assumed}:", "Par exemple{assumed} :"),
    "assumed_target": (
        ", with a target of {target} for a full period",
        ", avec un objectif de {target} pour une période entière",
    ),
    "assumed_events": (", in transactions of {size} each", ", par opérations de {size} chacune"),
    "assumed_met": (", when all conditions are met", ", toutes les conditions étant remplies"),
    "assumed_bare": (", before it is multiplied", ", avant toute multiplication"),
    "assumed_group": (", for one {field}", ", pour une seule valeur de ce champ ({field})"),
    "column_reached": ("Reached", "Atteint"),
    "column_earns": ("You earn", "Vous gagnez"),
    "column_at": ("At", "À"),
    "column_share": ("Share", "Part"),
}
