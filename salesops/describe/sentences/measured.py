"""What is measured, over which time, against which target."""

MEASURED = {
    "heading_measured": ("What is measured", "Ce qui est mesuré"),
    "over_transaction": ("of each transaction by itself", "pour chaque opération prise seule"),
    "over_week": ("in each week", "par semaine"),
    "over_month": ("in each month", "par mois"),
    "over_quarter": ("in each quarter", "par trimestre"),
    "over_half_year": ("in each half year", "par semestre"),
    "over_year": ("in each year", "par an"),
    "over_anniversary": ("in each year from the day you started", "par année à compter de votre arrivée"),
    "over_all_time": ("from the beginning on", "depuis le début"),
    "in_last": ("in the last {months} months", "sur les {months} derniers mois"),
    "sum_of": ("The sum of {credits} {over}.", "La somme de {credits} {over}."),
    "count_of": (
        "How many transactions count as {credits} {over}; a return takes one off.",
        "Le nombre d'opérations qui comptent comme {credits} {over} ; un retour en retire une.",
    ),
    "distinct_of": (
        "How many different values of this the transactions have that count as {credits} {over}: {field}.",
        "Le nombre de valeurs de ce champ, parmi les opérations qui comptent comme {credits} {over} : {field}.",
    ),
    "each_at_most": (
        "One transaction counts in it for no more than this, and a return takes away no more: {most}.",
        "Une opération n'y compte pas pour plus que ceci, et un retour n'en retire pas davantage : {most}.",
    ),
    "metric_of": (
        "The company's figure {metric} for you {over}.",
        "Le chiffre {metric} que l'entreprise établit pour vous {over}.",
    ),
    "formula_of": ("Worked out as {formula}.", "Calcul : {formula}."),
    "rank_in_plan": (
        "Your place among all on this comp plan by {measure}; the highest is first.",
        "Votre rang parmi toutes les personnes de ce plan selon {measure} ; le plus élevé est premier.",
    ),
    "rank_in_team": (
        "Your place in your team by {measure}; the highest is first.",
        "Votre rang dans votre équipe selon {measure} ; le plus élevé est premier.",
    ),
    "streak_current": (
        "The working days in a row up to the last one, each with {least} or more in {credits}, {over}.",
        "Les jours ouvrés d'affilée jusqu'au dernier, chacun avec {least} ou plus en {credits}, {over}.",
    ),
    "streak_longest": (
        "The most working days in a row, each with {least} or more in {credits}, {over}.",
        "Le plus grand nombre de jours ouvrés d'affilée, chacun avec {least} ou plus en {credits}, {over}.",
    ),
    "streak_completed": (
        "How often a row of working days, each with {least} or more in {credits}, has been {length} long, {over}.",
        "Combien de fois une série de jours ouvrés, chacun avec {least} ou plus en {credits}, a duré {length}, {over}.",
    ),
    "streak_day": ("a day", "un jour"),
    "streak_days": ("{number} working days", "{number} jours ouvrés"),
    "streak_month": ("a month", "un mois"),
    "streak_months": ("{number} months", "{number} mois"),
    "streak_other_days": (
        "Days off, public holidays and leave neither lengthen the row nor break it.",
        "Les jours de repos, les jours fériés et les absences n'allongent ni n'interrompent la série.",
    ),
    "streak_off_plan": (
        "A day on which you are not on this comp plan breaks it.",
        "Un jour hors de ce plan l'interrompt.",
    ),
    "streak_leave": (
        "Each day of leave makes the time that is asked for a day longer.",
        "Chaque jour d'absence allonge d'un jour la durée demandée.",
    ),
    "weighted": ("A score made of attainments: {parts}.", "Une note composée de taux d'atteinte : {parts}."),
    "weights_between": ("; ", " ; "),
    "weight": ("{measure} weighs {share}", "{measure} pèse {share}"),
    "weight_from": (" (below {share} it counts as 0)", " (en dessous de {share}, compte pour 0)"),
    "weight_to": (" (counts up to {share})", " (compte jusqu'à {share})"),
    "weight_between": (
        " (below {least} it counts as 0; counts up to {most})",
        " (en dessous de {least}, compte pour 0 ; compte jusqu'à {most})",
    ),
    "grouped": (
        "It is measured separately for each {field}.",
        "La mesure est faite séparément pour chaque {field}.",
    ),
    "starts_with": ("It starts with {amount} each time.", "Elle part à chaque fois de {amount}."),
    "carry_excess": (
        "What is above the target is carried over into the next one.",
        "Ce qui dépasse l'objectif est reporté sur la période suivante.",
    ),
    "carry_shortfall": (
        "What is missing from the target is carried over into the next one.",
        "Ce qui manque à l'objectif est reporté sur la période suivante.",
    ),
    "carry_excess_and_shortfall": (
        "What is above the target, or missing from it, is carried over into the next one.",
        "Ce qui dépasse l'objectif ou lui manque est reporté sur la période suivante.",
    ),
    "target": ("The target is {target}.", "L'objectif est de {target}."),
    "target_quota": ("The target is your quota{named}.", "L'objectif est votre quota{named}."),
    "target_individual": (
        "The target is the one that is agreed with you.",
        "L'objectif est celui qui est convenu avec vous.",
    ),
    "target_so_far": (
        "Within a year, only what is due by the end of the pay period is expected of it.",
        "En cours d'année, on n'en attend que ce qui est dû à la fin de la période de paie.",
    ),
    "if_no_target": (
        "Without a target, attainment is taken to be {share}.",
        "Sans objectif, le taux d'atteinte est réputé être de {share}.",
    ),
    "allowance_lowers_target": ("The target is lowered by {share}.", "L'objectif est abaissé de {share}."),
    "allowance_adds_to_attainment": (
        "Attainment is raised by {points} percentage points.",
        "Le taux d'atteinte est relevé de {points} points.",
    ),
    "allowance_counts_as_met": (
        "From {from_share} of the target on, it counts as met.",
        "À partir de {from_share} de l'objectif, il est réputé atteint.",
    ),
    "allowance_pays_as_met": (
        "From {from_share} of the target on, it is paid as if it were met.",
        "À partir de {from_share} de l'objectif, il est payé comme s'il était atteint.",
    ),
    "attainment_rounded": (
        "Attainment is rounded to {unit}; {mode}.",
        "Le taux d'atteinte est arrondi {unit} ; {mode}.",
    ),
    "percents_whole": ("whole percents", "au pourcent"),
    "percents_steps": (
        "steps of {step}",
        "par pas de {step}",
    ),
}
