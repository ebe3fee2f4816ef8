"""What follows from loaded rows all together: figures on parents, spans, the fiscal years and the owners' splits.

A figure that an export brings stays as it is; these fill what it leaves empty, a statement an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.figures import campaigns, currencies, splits
from connectors.sandbox.salesforce.figures.periods import add_years

if TYPE_CHECKING:
    from collections.abc import Collection

    from connectors.sandbox.salesforce.records.writer import Writer

# By object: statements over all its rows. Amounts are in cents, percentages in hundredths of one per cent.
_FILLS = {
    "OpportunitySplit": (
        (
            "UPDATE OpportunitySplit SET SplitTypeId = (SELECT Id FROM OpportunitySplitType WHERE IsTotalValidated"
            " ORDER BY Id LIMIT 1) WHERE SplitTypeId IS NULL"
        ),
        (
            "UPDATE OpportunitySplit SET SplitAmount = (SELECT (o.Amount * SplitPercentage + 5000) / 10000"
            " FROM Opportunity o WHERE o.Id = OpportunityId) WHERE SplitAmount IS NULL"
        ),
    ),
    "OpportunityTeamMember": (
        (
            "UPDATE OpportunityTeamMember SET (Name, Title) = (SELECT u.Name, u.Title FROM User u WHERE u.Id = UserId)"
            " WHERE Name IS NULL"
        ),
    ),
    "QuoteLineItem": (
        "UPDATE QuoteLineItem SET Subtotal = (UnitPrice * Quantity + 50) / 100 WHERE Subtotal IS NULL",
        (
            "UPDATE QuoteLineItem SET TotalPrice = (Subtotal * (10000 - COALESCE(Discount, 0)) + 5000) / 10000"
            " WHERE TotalPrice IS NULL"
        ),
        (
            "UPDATE QuoteLineItem SET (Product2Id, ListPrice) = (SELECT e.Product2Id, e.UnitPrice FROM PricebookEntry e"
            " WHERE e.Id = PricebookEntryId) WHERE Product2Id IS NULL"
        ),
    ),
    "Quote": (
        (
            "UPDATE Quote SET (Subtotal, TotalPrice, LineItemCount) = (SELECT COALESCE(SUM(l.Subtotal), 0),"
            " COALESCE(SUM(l.TotalPrice), 0), COUNT(*) FROM QuoteLineItem l WHERE l.QuoteId = Quote.Id"
            " AND l.IsDeleted = 0)"
            " WHERE Subtotal IS NULL"
        ),
        (
            "UPDATE Quote SET GrandTotal = TotalPrice + COALESCE(Tax, 0) + COALESCE(ShippingHandling, 0)"
            " WHERE GrandTotal IS NULL"
        ),
        (
            "UPDATE Quote SET AccountId = (SELECT o.AccountId FROM Opportunity o WHERE o.Id = OpportunityId)"
            " WHERE AccountId IS NULL"
        ),
    ),
    "CampaignMember": (
        (
            "UPDATE CampaignMember SET Type = CASE WHEN LeadId IS NULL THEN 'Contact' ELSE 'Lead' END,"
            " LeadOrContactId = COALESCE(LeadId, ContactId) WHERE Type IS NULL OR LeadOrContactId IS NULL"
        ),
        (
            "UPDATE CampaignMember SET Name = COALESCE((SELECT l.Name FROM Lead l WHERE l.Id = LeadId),"
            " (SELECT c.Name FROM Contact c WHERE c.Id = ContactId)) WHERE Name IS NULL"
        ),
    ),
    "ForecastingQuota": (
        (
            "UPDATE ForecastingQuota SET PeriodId = (SELECT p.Id FROM Period p WHERE p.IsForecastPeriod"
            " AND p.StartDate = ForecastingQuota.StartDate LIMIT 1) WHERE PeriodId IS NULL"
        ),
        (
            "UPDATE ForecastingQuota SET (IsAmount, IsQuantity) = (SELECT t.IsAmount, t.IsQuantity"
            " FROM ForecastingType t"
            " WHERE t.Id = ForecastingTypeId) WHERE NOT IsAmount AND NOT IsQuantity"
        ),
    ),
    "Territory2Model": ("UPDATE Territory2Model SET State = 'Planning' WHERE State IS NULL",),
    "ObjectTerritory2Association": (
        (
            "UPDATE ObjectTerritory2Association SET SobjectType = CASE substr(ObjectId, 1, 3) WHEN '00Q' THEN 'Lead'"
            " ELSE 'Account' END WHERE SobjectType IS NULL"
        ),
    ),
}


def settle(writer: Writer, objects: Collection[str]) -> None:
    """Fill in what follows from the rows of the objects just loaded."""
    connection = writer.connection
    if not {"FiscalYearSettings", "Period"} & set(objects):
        add_years(writer.store, connection)
    for name, statements in _FILLS.items():
        if name in objects:
            for statement in statements:
                connection.execute(statement)
    if "Campaign" in objects:
        campaigns.count_all(writer)
    if "DatedConversionRate" in objects:
        for row in connection.execute("SELECT DISTINCT IsoCode FROM DatedConversionRate").fetchall():
            currencies.after_rate(writer, row)
    if "Opportunity" in objects and "OpportunitySplit" not in objects:
        sql = "SELECT Id, OwnerId, Amount, SystemModstamp FROM Opportunity WHERE IsDeleted = 0"
        splits.give_owners(writer, connection.execute(sql).fetchall())
