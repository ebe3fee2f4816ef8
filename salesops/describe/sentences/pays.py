"""What components pay, under which conditions, and their limits."""

PAYS = {
    "heading_pays": ("What it pays", "Ce que cela rapporte"),
    "earn": (
        "You earn",
        "Vous gagnez",
    ),
    "earn_step": (
        "This step is worth",
        "Cette étape vaut",
    ),
    "pays_rate": (
        "{earn} {rate} of {on}.",
        "{earn} {rate} de {on}.",
    ),
    "pays_rate_formula": (
        "{earn} one rate on all of {on} {over}, and it changes with where you stand: {rate}.",
        "{earn} un seul taux sur tout ce qui compte comme {on} {over}, et il change avec votre position : {rate}.",
    ),
    "pays_rate_day": (
        "Each transaction that counts as {on} earns the rate that holds for you on its day: {rate}.",
        "Chaque opération qui compte comme {on} rapporte le taux qui vaut pour vous ce jour-là : {rate}.",
    ),
    "pays_rate_each": (
        "Each transaction that counts as {on} earns its own rate of it: {rate}.",
        "Chaque opération qui compte comme {on} rapporte son propre taux de cette valeur : {rate}.",
    ),
    "pays_spif": (
        "{earn} {pays} for each unit of {on}.",
        "{earn} {pays} par unité de {on}.",
    ),
    "spif_most": (
        "At most {most} of them count {over}.",
        "Au plus {most} sont retenues {over}.",
    ),
    "pays_curve": (
        "{earn} a share of {pay} {over}. How large it is depends on {measure}; between two points it changes evenly.",
        (
            "{earn} une fraction de {pay} {over}. Sa taille dépend de ceci : {measure}. Entre deux points, elle "
            "évolue régulièrement."
        ),
    ),
    "below_nothing": (
        "Below the first point there is nothing.",
        "En dessous du premier point, il n'y a rien.",
    ),
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
    "pays_bonus": (
        "{earn} {amount}, once {over}.",
        "{earn} {amount}, une fois {over}.",
    ),
    "pays_bonus_grouped": (
        "{earn} {amount} for each {field}, once {over}.",
        "{earn} {amount} pour chaque {field}, une fois {over}.",
    ),
    "pays_amount": (
        "{earn} this {over}: {amount}.",
        "{earn} ceci {over} : {amount}.",
    ),
    "pays_greater_of": (
        "{earn} the largest of these {over}: {of}.",
        "{earn} le plus grand de ces montants {over} : {of}.",
    ),
    "pays_lesser_of": (
        "{earn} the smallest of these {over}: {of}.",
        "{earn} le plus petit de ces montants {over} : {of}.",
    ),
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
    "first_month": (
        "your first month",
        "votre premier mois",
    ),
    "first_months": (
        "your first {months} months",
        "vos {months} premiers mois",
    ),
    "guarantee_months": (
        (
            "That holds for {first} from the day you started; a pay period that goes on after that is guaranteed only "
            "for its part up to then."
        ),
        (
            "Cela vaut pendant {first} à compter de votre arrivée ; une période de paie qui va au-delà n'est garantie "
            "que pour sa part jusque-là."
        ),
    ),
    "guarantee_months_whole": (
        "That holds for {first} from the day you started; the pay period in which that ends is guaranteed in full.",
        (
            "Cela vaut pendant {first} à compter de votre arrivée ; la période de paie où cela prend fin est garantie "
            "en entier."
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
        "The shares are in proportion to this: {weight}.",
        "Les parts sont proportionnelles à ceci : {weight}.",
    ),
    "pool_when": ("You only have a share if {gates}.", "Vous n'avez une part que si {gates}."),
    "team_prize_when": (
        "You only have a part of it if {gates}; what counts for you counts for your team all the same.",
        "Vous n'en recevez une part que si {gates} ; ce que vous avez réalisé compte de toute façon pour votre équipe.",
    ),
    "prizes_when": ("You only take part if {gates}.", "Vous ne participez que si {gates}."),
    "pays_prizes_plan": (
        "{by} decides among all on this comp plan {during}. The prizes, from the first place on: {prizes}.",
        "{by} départage {during} toutes les personnes de ce plan. Les prix, à partir de la première place : {prizes}.",
    ),
    "pays_prizes_team": (
        "{by} decides among the members of your team {during}. The prizes, from the first place on: {prizes}.",
        "{by} départage {during} les membres de votre équipe. Les prix, à partir de la première place : {prizes}.",
    ),
    "pays_prizes_teams": (
        (
            "{by} decides among teams {during}, all of their members' together. The prizes, from the first place on: "
            "{prizes}."
        ),
        (
            "{by} départage {during} les équipes, tous leurs membres ensemble. Les prix, à partir de la première place "
            ": {prizes}."
        ),
    ),
    "prizes_above_0": ("Only who is above 0 has a place.", "Seul un résultat supérieur à 0 donne une place."),
    "prizes_of_teams_above_0": (
        "Only a team that is above 0 has a place.",
        "Seule une équipe dont le résultat dépasse 0 obtient une place.",
    ),
    "team_prize_each": (
        "Each member of a team has the prize of its place.",
        "Chaque membre d'une équipe reçoit le prix de la place de celle-ci.",
    ),
    "team_prize_shared": (
        "The members of a team share the prize of its place equally.",
        "Les membres d'une équipe se partagent à parts égales le prix de la place de celle-ci.",
    ),
    "ties_of_teams_share": (
        "Teams that stand the same share the prizes of the places that they take.",
        "À égalité, les équipes se partagent les prix des places occupées.",
    ),
    "ties_of_teams_each": (
        "Teams that stand the same have each the prize of their place, and the places behind them are left out.",
        "À égalité, chaque équipe reçoit le prix de sa place, et les places suivantes ne sont pas attribuées.",
    ),
    "prizes_during": ("from {since} to {last}", "du {since} au {last}"),
    "ties_share": (
        "Those who stand the same share the prizes of the places that they take.",
        "À égalité, les prix des places occupées sont partagés.",
    ),
    "ties_each": (
        "Those who stand the same have each the prize of their place, and the places behind them are left out.",
        "À égalité, chacun a le prix de sa place, et les places suivantes sont sautées.",
    ),
    "window": (
        "Only what counts from {since} to {last}, both days included, is taken into account.",
        "Seul ce qui compte du {since} au {last} inclus est pris en compte.",
    ),
    "window_from": (
        "Only what counts from {since} on is taken into account.",
        "Seul ce qui compte à partir du {since} est pris en compte.",
    ),
    "when": (
        "It is only paid if {gates}.",
        "Ce n'est payé que si {gates}.",
    ),
    "when_else": (
        "It is paid in full if {gates}, else {share} of it.",
        "C'est payé en entier si {gates} ; sinon à {share}.",
    ),
    "when_step": (
        "It only counts if {gates}.",
        "Cela ne compte que si {gates}.",
    ),
    "when_else_step": (
        "It counts in full if {gates}, else {share} of it.",
        "Cela compte en entier si {gates} ; sinon à {share}.",
    ),
    "opens_later": (
        "Only what counts from then on is taken into account, not what came before.",
        "Seul ce qui compte à partir de là est pris en compte, et non ce qui précède.",
    ),
    "gate": ("{measure} is {bounds}", "{measure} est {bounds}"),
    "gate_at_least": ("{bound} or more", "de {bound} ou plus"),
    "gate_more_than": ("more than {bound}", "de plus de {bound}"),
    "gate_at_most": ("{bound} or less", "de {bound} ou moins"),
    "gate_less_than": ("less than {bound}", "de moins de {bound}"),
    "of_groups": (
        "It is worked out for each {field} by itself, and then added up.",
        "C'est calculé séparément pour chaque {field}, puis additionné.",
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
        "A step towards other parts, which is not paid by itself.",
        "Une étape vers d'autres éléments, qui n'est pas payée par elle-même.",
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
    "assumed_group": (
        ", for one {field}",
        ", pour un seul élément ({field})",
    ),
    "column_reached": ("Reached", "Atteint"),
    "column_earns": ("You earn", "Vous gagnez"),
    "column_earns_step": (
        "It is worth",
        "Cela vaut",
    ),
    "column_at": ("At", "À"),
    "column_share": ("Share", "Part"),
}
