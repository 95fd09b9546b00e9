"""The only door to Microsoft 365: signs in, reads and writes calendars over Graph. Nothing else speaks HTTP outwards.

| module        | does                                                                                     |
|---------------|------------------------------------------------------------------------------------------|
| `clouds`      | Microsoft's clouds, each with a sign-in and a Graph of its own                           |
| `credentials` | tokens for an organisation's app registration, with either of two secrets                |
| `http`        | one request to Graph: headers, time limits, errors by name                               |
| `errors`      | what can go wrong, each with what an administrator can do about it                       |
| `deliver`     | the one place that turns those into "later" or "parked" for the outbox                   |
| `types`       | events as the rest of the product sees them                                              |
| `mapping`     | Graph's JSON to those types and back                                                     |
| `events`      | create, change, cancel, find one event                                                   |
| `delta`       | rounds of changes of a calendar view: all pages or none                                  |
| `subscriptions` | notifications that a calendar changed: create, renew, remove, try                      |
| `directory`   | people and rooms of the organisation                                                     |
| `mail`        | mails that leave through an organisation's own mailbox                                   |
| `permissions` | the connection test: what the app registration may do                                    |

No request is made inside a database transaction: `http` refuses.
"""
