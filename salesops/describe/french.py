"""French."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.describe.sentences import SENTENCES
from salesops.describe.words import Words

if TYPE_CHECKING:
    from datetime import date

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)

_NARROW = "\N{NARROW NO-BREAK SPACE}"

_FIELDS = {
    "account_id": "le compte",
    "amount": "le montant",
    "annual_revenue": "le chiffre d'affaires annuel",
    "at": "le jour",
    "close_date": "la date de clôture",
    "code": "le code",
    "contact_id": "le contact",
    "contract_ends_on": "la fin du contrat",
    "contract_starts_on": "le début du contrat",
    "country": "le pays",
    "created_at": "la date de création",
    "created_by_id": "la personne qui l'a saisie",
    "currency": "la devise",
    "customer": "le client",
    "day": "le jour",
    "direction": "le sens",
    "discount": "la remise",
    "due_on": "la date d'échéance",
    "employees": "l'effectif",
    "expires_on": "la date d'expiration",
    "family": "la famille",
    "forecast_category": "la catégorie de prévision",
    "id": "l'identifiant",
    "industry": "le secteur",
    "invoice_id": "la facture",
    "issued_on": "la date d'émission",
    "kind": "la nature",
    "list_amount": "le montant au tarif",
    "lost_reason": "le motif de perte",
    "method": "le mode de paiement",
    "name": "le nom",
    "number": "le numéro",
    "opportunity_id": "l'affaire",
    "outcome": "l'issue",
    "owner_id": "le propriétaire",
    "paid_on": "la date de paiement",
    "pipeline": "le pipeline",
    "probability": "la probabilité",
    "product_id": "le produit",
    "quantity": "la quantité",
    "region": "la région",
    "role": "la fonction",
    "seconds": "la durée en secondes",
    "source": "l'origine",
    "stage": "l'étape",
    "status": "l'état",
    "team": "l'équipe",
    "type": "le type",
    "unit_price": "le prix unitaire",
}


def _day(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


FRENCH = Words(
    language="fr",
    sentences={name: said[1] for name, said in SENTENCES.items()},
    fields=_FIELDS,
    sources={
        "opportunity": "Une affaire",
        "line_item": "Une ligne de produit",
        "quote": "Un devis",
        "activity": "Une activité",
        "invoice": "Une facture",
        "payment": "Un paiement",
        "account": "Un compte",
        "contact": "Un contact",
        "lead": "Un prospect",
        "user": "Un utilisateur",
    },
    objects={
        "account": "du compte",
        "created_by": "de la personne qui l'a saisie",
        "invoice": "de la facture",
        "line_item": "de la ligne de produit",
        "opportunity": "de l'affaire",
        "owner": "du propriétaire",
        "product": "du produit",
        "quote": "du devis",
        "territory": "du territoire",
    },
    each={
        "transaction": "pour chaque opération",
        "week": "chaque semaine",
        "month": "chaque mois",
        "quarter": "chaque trimestre",
        "half_year": "chaque semestre",
        "year": "chaque année",
        "anniversary": "chaque année à compter de votre arrivée",
        "all_time": "depuis le début",
    },
    a={"month": "mois", "quarter": "trimestre", "half_year": "semestre", "year": "an"},
    own="{field}",
    others="{field}",
    articles=("le ", "la ", "l'", "les "),
    thousands=_NARROW,
    point=",",
    percent=f"{_NARROW}%",
    quotes=(f"«{_NARROW}", f"{_NARROW}»"),
    contracted=(("de le ", "du "), ("de les ", "des ")),
    money_form="{amount}\N{NO-BREAK SPACE}{currency}",
    day_form=_day,
)
